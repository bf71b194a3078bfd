/// How the page looks: on a screen by day and by night, on a telephone, on paper.
enum ReportStyle {
    /// Colours that tell states apart also for people who do not see red and green: they differ in lightness.
    private static let colours = """
        :root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--ink:#16202c;--soft:#566373;--edge:#e2e6eb;\
        --grid:#e9ecf0;--delivered:#1a9e75;--dead:#d43d51;--skipped:#8b98a8;--uncertain:#8a5cd6;--cancelled:#b9a184;\
        --open:#e0a12b;--waiting:#d3d9e0;--neutral:#b4c9ee;--p50:#2f6fd0;--p90:#8f55c9;--p99:#d2691e;\
        --good-tint:#e2f4ed;--good-ink:#0c5f45;--bad-tint:#fbe6e8;--bad-ink:#94202f;--warn-tint:#fcf1da;\
        --warn-ink:#6f4a00;--calm-tint:#e8edf4;--calm-ink:#33475e}
        @media (prefers-color-scheme:dark){:root{--page:#10151b;--card:#182029;--ink:#e8edf2;--soft:#9aa8b7;\
        --edge:#2a3540;--grid:#263039;--delivered:#2fbf91;--dead:#f0647a;--skipped:#7b8a9b;--uncertain:#a988ee;\
        --cancelled:#a8906f;--open:#e6b04a;--waiting:#3c4854;--neutral:#3f5c8a;--p50:#6ea6ff;--p90:#bd8cf0;\
        --p99:#f0955a;--good-tint:#12372c;--good-ink:#8fe3c5;--bad-tint:#43202a;--bad-ink:#ffb3be;\
        --warn-tint:#3d3014;--warn-ink:#f5d58f;--calm-tint:#263342;--calm-ink:#c0d0e2}}

        """

    private static let frame = """
        *{box-sizing:border-box}
        body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,\
        "Helvetica Neue",Arial,sans-serif;-webkit-text-size-adjust:100%}
        main{max-width:68rem;margin:0 auto;padding:2.5rem 1.25rem 3rem}
        h1,h2,h3,p,dl,dd{margin:0}
        h1{font-size:2.1rem;line-height:1.2;letter-spacing:-.02em;overflow-wrap:anywhere;margin:.15rem 0 .5rem}
        h2{font-size:1.15rem;letter-spacing:-.01em;margin-bottom:.75rem}
        h3{font-size:.95rem;margin-bottom:.4rem}
        section{background:var(--card);border:1px solid var(--edge);border-radius:14px;padding:1.4rem 1.5rem;\
        margin-top:1.25rem}
        .brand{font-weight:700;color:var(--soft);font-size:.85rem}
        .brand span{font-weight:400}
        .state{display:inline-block;vertical-align:.35em;font-size:.85rem;letter-spacing:0;font-weight:600;\
        border-radius:99px;padding:.2rem .75rem;margin-left:.3rem}
        .good{background:var(--good-tint);color:var(--good-ink)}
        .bad{background:var(--bad-tint);color:var(--bad-ink)}
        .warn{background:var(--warn-tint);color:var(--warn-ink)}
        .calm{background:var(--calm-tint);color:var(--calm-ink)}
        .facts{color:var(--soft);display:flex;flex-wrap:wrap;gap:.1rem 1.2rem;font-size:.95rem}
        .notice{margin-top:1rem;padding:.7rem 1rem;border-radius:10px;overflow-wrap:anywhere}
        .lead,.none{color:var(--soft);font-size:.93rem}
        .away{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
        footer{color:var(--soft);font-size:.85rem;margin-top:1.5rem;display:grid;gap:.25rem}
        .pair{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:1.25rem 2.5rem}
        .scroll{overflow-x:auto}

        """

    private static let tables = """
        table{border-collapse:collapse;width:100%;font-size:.93rem;font-variant-numeric:tabular-nums}
        th,td{padding:.38rem .6rem .38rem 0;text-align:right;vertical-align:top;border-bottom:1px solid var(--grid)}
        th:first-child,.text,.said,.settings td,.means{text-align:left}
        th{font-weight:500}
        thead th{color:var(--soft);font-size:.82rem;font-weight:500}
        tbody tr:last-child>*{border-bottom:0}
        table td:last-child,table th:last-child{padding-right:0}
        .legend{margin-top:1rem}
        .legend th i,.plain th i,.key i{display:inline-block;width:.7rem;height:.7rem;border-radius:3px;\
        margin-right:.55rem}
        .legend td:nth-child(3){color:var(--soft)}
        .legend .means{color:var(--soft);padding-left:1.2rem;width:55%}
        .legend .sum th{padding-left:1.25rem;color:var(--soft)}
        .delivered{background:var(--delivered)}.dead{background:var(--dead)}.skipped{background:var(--skipped)}
        .uncertain{background:var(--uncertain)}.cancelled{background:var(--cancelled)}
        .retryable,.in_flight{background:var(--open)}.available,.scheduled{background:var(--waiting)}
        .stack{display:flex;gap:2px;height:1.6rem;border-radius:7px;overflow:hidden}
        .stack i{min-width:3px;flex-basis:0}
        .figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(10.5rem,1fr));gap:1.1rem 1.5rem;\
        margin-top:1.4rem;padding-top:1.3rem;border-top:1px solid var(--grid)}
        .figures.small{grid-template-columns:repeat(auto-fit,minmax(6rem,1fr));border:0;padding:0;margin:1rem 0 1.3rem}
        dt{color:var(--soft);font-size:.85rem}
        dd{font-size:1.55rem;line-height:1.25;font-weight:600;letter-spacing:-.015em;font-variant-numeric:tabular-nums}
        .small dd{font-size:1.2rem}
        dd.note{font-size:.83rem;font-weight:400;color:var(--soft);letter-spacing:0;margin-top:.15rem}
        .bars th{width:99%;text-align:left;overflow-wrap:anywhere}
        .bars td{white-space:nowrap}
        .bars td:last-child{color:var(--soft)}
        .bars .track{display:flex;height:.45rem;margin-top:.2rem;border-radius:3px;background:var(--grid)}
        .bars i{height:100%;min-width:2px;border-radius:3px}
        .bars i[style="width:0%"]{display:none}
        .cause+.cause{margin-top:1.4rem;padding-top:1.2rem;border-top:1px solid var(--grid)}
        .cause h3{display:flex;justify-content:space-between;gap:1rem;font-size:1rem;margin:0}
        .cause b{font-variant-numeric:tabular-nums}
        .samples{margin-top:.5rem;font-size:.87rem}
        .samples td,.samples th{white-space:nowrap;padding-right:1.2rem}
        .samples .said{white-space:normal;min-width:14rem;overflow-wrap:anywhere;width:60%;padding-left:.8rem}
        .samples thead th:last-child{text-align:left;padding-left:.8rem}
        .moved{color:var(--soft)}
        q{quotes:"“" "”"}
        code{font:.86em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
        .plain th,.plain td:last-child{white-space:nowrap}
        .plain .text{width:70%}
        .plain thead th:nth-child(2){text-align:left}
        .settings tbody{display:grid;grid-template-columns:repeat(auto-fill,minmax(24rem,1fr));column-gap:2.5rem}
        .settings tr{display:grid;grid-template-columns:11.5rem minmax(0,1fr)}
        .settings th{color:var(--soft);font-weight:400}
        .settings td{overflow-wrap:anywhere}
        details{margin-top:.9rem;font-size:.93rem}
        summary{cursor:pointer;color:var(--soft)}
        details .scroll{margin-top:.5rem;max-height:24rem;overflow:auto}

        """

    private static let charts = """
        .key{display:flex;gap:1.1rem;font-size:.87rem;color:var(--soft);margin-bottom:.3rem}
        .key .line{height:.2rem;vertical-align:middle;width:1rem}
        i.p50{background:var(--p50)}i.p90{background:var(--p90)}i.p99{background:var(--p99)}
        .plot{padding-left:4.2rem;font-size:.78rem;color:var(--soft);font-variant-numeric:tabular-nums}
        .unit{margin-left:-4.2rem;margin-bottom:.5rem}
        .frame{position:relative;height:13.5rem}
        .frame svg{display:block;width:100%;height:100%;overflow:visible}
        .y span{position:absolute;right:100%;margin-right:.6rem;transform:translateY(50%);white-space:nowrap}
        .x{position:relative;height:1.5rem;border-top:1px solid var(--edge)}
        .x span{position:absolute;transform:translateX(-50%);white-space:nowrap;top:.25rem}
        .x .last{transform:translateX(-100%)}
        .x .first{transform:none}
        svg .grid{stroke:var(--grid);stroke-width:1;vector-effect:non-scaling-stroke}
        svg rect{shape-rendering:crispEdges;background:none}
        svg .good{fill:var(--delivered)}svg .bad{fill:var(--dead)}svg .neutral{fill:var(--neutral)}
        svg .hit{fill:transparent}
        svg .hit:hover{fill:var(--ink);fill-opacity:.08}
        svg .line{fill:none;stroke-width:2;vector-effect:non-scaling-stroke;stroke-linejoin:round}
        svg .p50{stroke:var(--p50)}svg .p90{stroke:var(--p90)}svg .p99{stroke:var(--p99)}
        svg .mark{stroke-width:1.5;stroke-dasharray:4 3;vector-effect:non-scaling-stroke}

        """

    private static let media = """
        @media (max-width:44rem){main{padding:1.5rem .8rem 2rem}section{padding:1.1rem 1rem}h1{font-size:1.6rem}\
        .pair{grid-template-columns:minmax(0,1fr)}.legend .means{display:none}.plot{padding-left:3.6rem}\
        .unit{margin-left:-3.6rem}.frame{height:11rem}dd{font-size:1.35rem}\
        .figures{grid-template-columns:repeat(2,minmax(0,1fr))}.figures.small{grid-template-columns:repeat(3,1fr)}\
        .x span:nth-child(even){display:none}.settings tbody{grid-template-columns:minmax(0,1fr)}\
        .settings tr{grid-template-columns:42% minmax(0,1fr)}.samples thead{display:none}\
        .samples tbody tr{display:block;padding:.45rem 0;border-bottom:1px solid var(--grid)}\
        .samples tbody tr:last-child{border:0}.samples tr>*{display:inline-block;border:0;padding:0 .8rem 0 0;\
        white-space:normal}.samples td.said{display:block;width:auto;min-width:0;padding:.15rem 0 0}\
        .samples td:nth-child(3)::before{content:"attempts: "}}
        @media print{:root{--page:#fff;--card:#fff;--ink:#000;--soft:#444;--edge:#ccc;--grid:#ddd}\
        body{font-size:9.5pt}main{max-width:none;padding:0}section{border-radius:0;padding:.5rem 0;margin-top:.7rem;\
        border-width:1px 0 0}h2,h3{break-after:avoid}.plot,.cause,.stack,.figures,tr{break-inside:avoid}\
        .frame{height:9rem}.settings tbody{grid-template-columns:1fr 1fr}.settings tr{grid-template-columns:11rem 1fr}\
        .pair .x span:nth-child(even),details{display:none}\
        *{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
        @media (prefers-reduced-motion:no-preference){svg .hit{transition:fill-opacity .1s}}

        """

    static let text = colours + frame + tables + charts + media
}
