"""PURE. Detect projects that read like an appeal for help for one person (个人求助).

Such an appeal is not charity. It belongs on a platform that the ministry designates for it (慈善法 124;
个人求助网络服务平台管理办法 2024).
"""

import re
import unicodedata

_COST = re.compile(
    r"治\s*病|救\s*治|医\s*[药疗]\s*费|手\s*术|住\s*院|化\s*疗|移\s*植|白血病|尿毒症|癌|肿瘤|重\s*病|大\s*病|车\s*祸|救\s*命|学\s*费"
)
_ONE = re.compile(
    r"救\s*救|求\s*助|我\s*(?:家|的)?\s*(?:孩子|女儿|儿子|父亲|母亲|爸爸|妈妈|丈夫|妻子|老公|老婆|家人)"
    r"|[一1]\s*[名位个]\s*(?:患者|病人|孩子|学生|村民|老人|女孩|男孩|母亲|父亲)|这\s*[名位个]\s*(?:患者|孩子|学生|老人|村民)"
    r"|(?<!其)[他她](?!们|人)|患者\s*[\u4e00-\u9fff]某?"
)


def names_single_person(*texts: str) -> bool:
    """Return whether texts of a project name both a personal need and one person who has it.

    It is a hint for reviewers, not a decision.
    """
    plain = unicodedata.normalize("NFKC", "\n".join(texts))
    return bool(_COST.search(plain) and _ONE.search(plain))
