/** The style of the HTML report: the dashboard's colours, light and dark, wide and narrow, on screen and on paper. */
export const STYLE = `
:root{color-scheme:light dark;--ground:#f5f6f8;--surface:#fff;--line:#e0e4e9;--grid:#eceff3;--ink:#12171d;--ink-2:#46515d;--ink-3:#5c6874;
--baseline:#55667a;--candidate:#6a3be0;--candidate-soft:#ece6fd;--good:#0b7046;--good-soft:#e2f4ea;--bad:#bb1f2a;--bad-soft:#fdeaea;
--warn:#855200;--warn-soft:#fdf0d5;--wait:#35506f;--wait-soft:#e7eef6}
@media (prefers-color-scheme:dark){:root{--ground:#0d1116;--surface:#141a21;--line:#262f3a;--grid:#212932;--ink:#e9edf2;--ink-2:#b2bdc9;--ink-3:#8f9ba8;
--baseline:#94a6bb;--candidate:#a88dff;--candidate-soft:#2a2347;--good:#4fc98f;--good-soft:#11301f;--bad:#ff827d;--bad-soft:#3a1719;
--warn:#f1b850;--warn-soft:#33260d;--wait:#9fbad8;--wait-soft:#1a2735}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 -apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,'Noto Sans',Arial,sans-serif}
main{max-width:1120px;margin:0 auto;padding:32px 24px 48px}
h1{font-size:1.6rem;line-height:1.25;margin:0;overflow-wrap:anywhere}
h2{font-size:1.05rem;margin:36px 0 12px}
header{display:flex;flex-wrap:wrap;align-items:center;gap:8px 14px}
.lead{font-size:1.05rem;color:var(--ink-2);margin:10px 0 0;max-width:75ch;overflow-wrap:anywhere}
.verdict{font-weight:650;font-size:.8rem;letter-spacing:.04em;padding:3px 10px;border-radius:99px;white-space:nowrap}
td .verdict{padding:2px 8px;font-size:.72rem}
.PASS{color:var(--good);background:var(--good-soft)}.FAIL{color:var(--bad);background:var(--bad-soft)}
.INCONCLUSIVE{color:var(--warn);background:var(--warn-soft)}.PENDING{color:var(--wait);background:var(--wait-soft)}
.broken{color:var(--bad);background:var(--bad-soft);padding:10px 14px;border-radius:8px;font-weight:600;margin:16px 0 0}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(190px,1fr));gap:0;margin:24px 0 0;background:var(--surface);border:1px solid var(--line);border-radius:8px;overflow:hidden}
dl div{padding:10px 14px;box-shadow:0 0 0 1px var(--line)}
dt{font-size:.78rem;color:var(--ink-3)}dd{margin:1px 0 0;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:16px}
figure{margin:0;background:var(--surface);border:1px solid var(--line);border-radius:8px;padding:14px 14px 8px;min-width:0}
figcaption{font-weight:600;font-size:.9rem;margin-bottom:6px;display:flex;flex-wrap:wrap;gap:2px 14px;overflow-wrap:anywhere}
.key{font-weight:400;color:var(--ink-2);display:inline-flex;align-items:center;gap:6px}
.key::before{content:'';width:14px;height:3px;border-radius:2px;background:currentColor}
.key.baseline::before{background:var(--baseline)}.key.candidate::before{background:var(--candidate)}.key.bad::before{background:var(--bad)}
svg{display:block;width:100%;height:auto}
.grid,.zero,.limit,.line{fill:none}.grid{stroke:var(--grid)}.zero{stroke:var(--ink-3)}
.limit{stroke:var(--bad);stroke-dasharray:5 4}.tick.limit-name{fill:var(--bad)}
.tick{font:13px/1 -apple-system,'Segoe UI',Roboto,'Noto Sans',Arial,sans-serif;fill:var(--ink-3)}
.line{stroke-width:2;stroke-linejoin:round}
.line.baseline{stroke:var(--baseline)}.line.candidate,.line.effect{stroke:var(--candidate)}.line.bad{stroke:var(--bad)}
.dot{fill:var(--candidate)}.area,.band{fill:var(--candidate-soft)}
.scroll{overflow-x:auto;background:var(--surface);border:1px solid var(--line);border-radius:8px}
table{border-collapse:collapse;width:100%;font-size:.88rem;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:8px 14px;border-bottom:1px solid var(--line);vertical-align:top}
tr:last-child td{border-bottom:0}
th{font-weight:600;color:var(--ink-3);font-size:.78rem;white-space:nowrap}
.figures td,.figures th{white-space:nowrap}.figures td:not(:first-child):not(:last-child),.figures th:not(:first-child):not(:last-child){text-align:right}
.rules{margin:12px 0 0;padding-left:18px;color:var(--ink-2);font-size:.88rem}.rules li{overflow-wrap:anywhere;margin-top:4px}
.timeline td:first-child,.timeline td:nth-child(2),.timeline td:nth-child(3){white-space:nowrap;color:var(--ink-2)}
.timeline td:last-child{overflow-wrap:anywhere;min-width:220px}
pre{background:var(--surface);border:1px solid var(--line);border-radius:8px;padding:14px;margin:0;overflow:auto;font:13px/1.5 ui-monospace,Menlo,Consolas,monospace}
code{font:13px/1.5 ui-monospace,Menlo,Consolas,monospace;overflow-wrap:anywhere}
.none{color:var(--ink-3)}
@media (max-width:600px){main{padding:20px 14px 32px}dl{grid-template-columns:1fr 1fr}th,td{padding:8px 10px}.timeline :is(th,td):first-child{display:none}.timeline td:last-child{min-width:170px}}
@media print{body{background:none}main{max-width:none;padding:0}figure,table{break-inside:avoid}}
`;
