"""The themes of projects. Each theme has an emblem and a colour of its own on donors' pages."""

from enum import StrEnum


class Theme(StrEnum):
    """Our own list, based on the most common village projects of federations."""

    MEALS = "meals"
    CHILDREN = "children"
    LIGHTS = "lights"
    WATER = "water"
    CLINIC = "clinic"
    ROAD = "road"
    SCHOOL = "school"
    ENVIRONMENT = "environment"
    OTHER = "other"


THEMES = tuple(theme.value for theme in Theme)

# What people type when they search for a theme. It is never displayed.
SEARCH_WORDS = {
    "meals": "老年食堂 助老 午餐 meals",
    "children": "儿童之家 孩子 托管 children",
    "lights": "路灯 照明 lights",
    "water": "饮水 水井 自来水 water",
    "clinic": "卫生室 看病 医疗 clinic",
    "road": "修路 道路 桥 road",
    "school": "村小 学校 助学 school",
    "environment": "环境 垃圾 绿化 environment",
    "other": "其他 other",
}
