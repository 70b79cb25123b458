"""Bank statements as banks write them: camt.053 of two versions, and tables in two layouts."""

CAMT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">
  <BkToCstmrStmt>
    <GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-09-10T08:00:00+08:00</CreDtTm></GrpHdr>
    <Stmt>
      <Id>S-0909</Id>
      <CreDtTm>2026-09-10T08:00:00+08:00</CreDtTm>
      <Acct><Id><Othr><Id>41001234567</Id></Othr></Id><Ccy>CNY</Ccy></Acct>
      {opening}
      {closing}
{entries}
    </Stmt>
{more}
  </BkToCstmrStmt>
</Document>
"""


def balance(code: str, yuan: str) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="CNY">{yuan}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-09-09</Dt></Dt></Bal>'
    )


def entry(
    yuan: str,
    side: str = "CRDT",
    ref: str = "",
    *,
    status: str = "BOOK",
    reversal: bool = False,
    day: str = "2026-09-09",
    details: str = "",
) -> str:
    """An entry, in the order of the schema."""
    back = "<RvslInd>true</RvslInd>" if reversal else ""
    named = f"<AcctSvcrRef>{ref}</AcctSvcrRef>" if ref else ""
    code = "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>"
    return (
        f'<Ntry><Amt Ccy="CNY">{yuan}</Amt><CdtDbtInd>{side}</CdtDbtInd>{back}<Sts><Cd>{status}</Cd></Sts>'
        f"<BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt>{named}{code}{details}</Ntry>"
    )


def payment(reference: str, yuan: str = "", text: str = "") -> str:
    amount = f'<Amt Ccy="CNY">{yuan}</Amt><CdtDbtInd>CRDT</CdtDbtInd>' if yuan else ""
    remittance = f"<RmtInf><Ustrd>{text}</Ustrd></RmtInf>" if text else ""
    return f"<TxDtls><Refs><EndToEndId>{reference}</EndToEndId></Refs>{amount}{remittance}</TxDtls>"


def camt(*entries: str, opening: str = "", closing: str = "", more: str = "") -> bytes:
    text = CAMT.format(
        opening=balance("OPBD", opening) if opening else "",
        closing=balance("CLBD", closing) if closing else "",
        entries="\n".join(f"      {each}" for each in entries),
        more=more,
    )
    return text.encode()


# With everything that a statement may hold: what came in by a provider's payout, a batch that is listed, one that
# is only counted, what was taken back, a line without any reference, and one that is not booked.
WHOLE = camt(
    entry("1200.50", ref="R1", details=f"<NtryDtls>{payment('po_1200')}</NtryDtls>"),
    entry(
        "300",
        "DBIT",
        ref="R2",
        details="<NtryDtls><Btch><PmtInfId>PLAN-7</PmtInfId><NbOfTxs>2</NbOfTxs></Btch>"
        + payment("PAY-1", "100.00")
        + payment("PAY-2", "200.00")
        + "</NtryDtls>",
    ),
    entry("50.00", ref="R3", details="<NtryDtls><Btch><NbOfTxs>25</NbOfTxs></Btch></NtryDtls>"),
    entry("50.00", "DBIT", ref="R3", reversal=True),
    entry("8.88", details=f"<NtryDtls>{payment('NOTPROVIDED', text='张三 13800138000 捐款')}</NtryDtls>"),
    entry("999", ref="R6", status="PDNG"),
    opening="10.00",
    closing="919.38",
)

TWO_SIDES = """账户交易明细
账号：4100 1234 567,户名：洛阳市慈善联合总会
交易日期,交易时间,摘要,借方发生额,贷方发生额,余额,对方户名,对方账号,附言,交易流水号
20260909,10:00:01,结算款,,"1,200.50","1,210.50",财付通,1234,po_1200 9月9日,F001
20260909,11:00:00,代发,300.00,,910.50,批量,,PLAN-7,F002
20260910,09:00:00,冲正,-300.00,,"1,210.50",批量,,PLAN-7,F002
20260910,09:30:00,转账,,8.88,"1,219.38",张三,6222000011112222333,捐款,F003
合计,,,,,,,,,
"""
SIGNED = """本方账号,记账日期,金额,余额,用途,流水号,状态
41001234567,2026-09-09 10:00:01,+1200.50,1210.50,po_1200,,已记账
41001234567,2026/9/9 11:00,-300,910.50,PLAN-7,,已记账
41009999999,2026-09-09,66.60,66.60,,,已记账
41009999999,2026-09-09,66.60,133.20,,,已记账
41009999999,2026-09-09,5,138.20,,,处理中
"""
