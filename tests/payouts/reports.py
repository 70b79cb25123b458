"""The bank's answers to a payment file, as pain.002."""

BODY = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10">
<CstmrPmtStsRpt>
<GrpHdr><MsgId>{report}</MsgId><CreDtTm>{at}</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>{message}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>{group}
</OrgnlGrpInfAndSts>
<OrgnlPmtInfAndSts><OrgnlPmtInfId>{message}</OrgnlPmtInfId>{batch}
{payments}
</OrgnlPmtInfAndSts>
</CstmrPmtStsRpt>
</Document>
"""


def answer(id_: str, status: str, why: str = "", yuan: str = "") -> str:
    amount = f'<OrgnlTxRef><Amt><InstdAmt Ccy="CNY">{yuan}</InstdAmt></Amt></OrgnlTxRef>' if yuan else ""
    status = f"<TxSts>{status}</TxSts>" if status else ""
    return f"<TxInfAndSts><OrgnlEndToEndId>{id_}</OrgnlEndToEndId>{status}{why}{amount}</TxInfAndSts>"


def report(*payments: str, **parts: str) -> bytes:
    plain = {"report": "R1", "at": "2026-09-09T20:00:00+08:00", "message": "BS000001", "group": "", "batch": ""}
    return BODY.format(**{**plain, **parts}, payments="\n".join(payments)).encode()
