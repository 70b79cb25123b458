"""The plan of the demo's campaigns; all of it is made up."""

from datetime import datetime, timedelta
from typing import Any

from kernel.clock import SHANGHAI


def plan(now: datetime, area: str = "河南省洛阳市", city: str = "洛阳市") -> dict[str, Any]:
    """Return the plan of a city's campaign, filed a month before `now`."""
    today = now.astimezone(SHANGHAI).date()
    return {
        "purpose": "汇聚善款改善村庄的养老、儿童、照明和饮水条件，由专项基金按 1:1 配捐。",
        "area": area,
        "responsible": "演示联系人",
        "address": f"{area}（演示地址）",
        "ways_to_give": "网页、合作平台、银行转账",
        "bank_account": "演示账户 0000 0000 0000 0000",
        "beneficiaries": "参与项目的村庄居民",
        "use_of_funds": "全部用于所选村级项目的执行，过程和支出公开",
        "cost_minor": 0,
        "surplus_rule": "项目结余用于同一乡镇的同类项目",
        "certificate_holder": f"{city}慈善总会（演示）",
        "certificate_no": "演示证书 DEMO-0000",
        "certificate_until": (today + timedelta(days=365)).isoformat(),
        "filing_no": "演示备案 DEMO-0000",
        "filed_at": (today - timedelta(days=30)).isoformat(),
        "privacy_assessment": "演示评估 DEMO-0000",
        "privacy_assessed_at": (today - timedelta(days=30)).isoformat(),
        "platform_name": "演示指定平台",
        "platform_url": "https://platform.example",
    }
