"""What projects are about. Each theme has an emblem and a colour of its own on donors' pages."""

from enum import StrEnum


class Theme(StrEnum):
    """Our own list, after what village projects of federations are mostly about."""

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
