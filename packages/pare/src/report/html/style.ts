/** The page's style: light or dark as the reader's system is. */
export const pageStyle = `
:root{color-scheme:light dark;--ink:#1d2433;--dim:#667085;--paper:#fff;--panel:#f5f7fa;--line:#dde2ea;--kept:#16794a;--removed:#c4ccd8;--bad:#b42318;--accent:#2759c4}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ef;--dim:#98a2b3;--paper:#14181f;--panel:#1c222c;--line:#303846;--kept:#3fbf7f;--removed:#465062;--bad:#f97066;--accent:#84adff}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:1080px;margin:0 auto;padding:32px 20px 64px}
h1{font-size:26px;margin:0 0 4px}h2{font-size:17px;margin:36px 0 10px}
.verdict{font-size:17px}.yes{color:var(--kept)}.no{color:var(--bad)}.dim{color:var(--dim)}
code,.mono,pre{font:13px/1.45 ui-monospace,monospace}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:4px 10px 4px 0;border-bottom:1px solid var(--line);vertical-align:top}th{font-weight:600;color:var(--dim)}
td.n,th.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:22px 0}
.card{background:var(--panel);border-radius:8px;padding:12px 14px}.card b{display:block;font-size:21px}
.bar{display:flex;height:12px;background:var(--panel);border-radius:3px;overflow:hidden;min-width:2px}.bar i{background:var(--kept)}.bar u{background:var(--removed)}
details{margin-left:18px}details>summary,.leaf{display:grid;grid-template-columns:minmax(120px,300px) 1fr 190px;gap:12px;align-items:center;cursor:pointer;padding:2px 0;list-style:none}
.leaf{cursor:default;margin-left:18px}.tree>details,.tree>.leaf{margin-left:0}
summary::-webkit-details-marker{display:none}summary .name::before{content:"▸ ";color:var(--dim)}details[open]>summary .name::before{content:"▾ "}
.name{overflow-wrap:anywhere}.size{text-align:right;color:var(--dim);font-variant-numeric:tabular-nums;white-space:nowrap}
pre{background:var(--panel);border-radius:8px;padding:12px;overflow:auto;white-space:pre-wrap;overflow-wrap:anywhere;margin:6px 0}
pre .minus{color:var(--kept)}pre .plus{color:var(--bad)}
ul{margin:6px 0;padding-left:20px}
.tools{display:flex;flex-wrap:wrap;gap:8px;margin-bottom:8px}.tools input{flex:1 1 260px;padding:7px 10px;font:inherit;border:1px solid var(--line);border-radius:6px;background:var(--paper);color:inherit}
.tools select,.tools button{padding:7px;font:inherit;border:1px solid var(--line);border-radius:6px;background:var(--paper);color:inherit}
#list{height:540px;overflow:auto;border:1px solid var(--line);border-radius:8px;position:relative}
#list .row{position:absolute;left:0;right:0;height:24px;padding:2px 10px;display:flex;gap:12px;white-space:nowrap;cursor:pointer}
#list .row:hover,#list .row.on{background:var(--panel)}#list .row .p{flex:1 1 60%;overflow:hidden;text-overflow:ellipsis}#list .row .w{flex:1 1 40%;overflow:hidden;text-overflow:ellipsis;color:var(--dim)}
#list .row.gone .p{color:var(--dim);text-decoration:line-through}#list .row .s{width:80px;text-align:right;color:var(--dim)}
#why{min-height:24px}svg text{fill:var(--dim);font:11px system-ui}svg rect{fill:var(--accent)}
`;
