/// How hosted pages look: on a screen by day and by night, and on a telephone.
enum PageStyle {
    private static let colours = """
        :root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--ink:#16202c;--soft:#566373;--edge:#e2e6eb;\
        --line:#8b98a8;--accent:#1f5fbf;--accent-ink:#fff;--good-tint:#e2f4ed;--good-ink:#0c5f45;--bad-tint:#fbe6e8;\
        --bad-ink:#94202f;--calm-tint:#e8edf4;--calm-ink:#33475e}
        @media (prefers-color-scheme:dark){:root{--page:#10151b;--card:#182029;--ink:#e8edf2;--soft:#9aa8b7;\
        --edge:#2a3540;--line:#6b7a8a;--accent:#7fb0ff;--accent-ink:#0b1420;--good-tint:#12372c;--good-ink:#8fe3c5;\
        --bad-tint:#43202a;--bad-ink:#ffb3be;--calm-tint:#263342;--calm-ink:#c0d0e2}}

        """

    private static let frame = """
        *{box-sizing:border-box}
        body{margin:0;background:var(--page);color:var(--ink);font:17px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,\
        "Helvetica Neue",Arial,sans-serif;-webkit-text-size-adjust:100%}
        main{max-width:34rem;margin:3rem auto;padding:2rem 2.25rem 2.25rem;background:var(--card);\
        border:1px solid var(--edge);border-radius:14px;overflow-wrap:anywhere}
        h1,p{margin:0}
        h1{font-size:1.75rem;line-height:1.2;letter-spacing:-.02em;margin-bottom:1rem}
        p+p{margin-top:.6rem}
        a{color:var(--accent)}
        .audience{color:var(--soft);font-size:.95rem;font-weight:600;margin-bottom:.3rem}
        .address{font-weight:600}
        .soft{color:var(--soft);font-size:.9rem;font-weight:400}
        .note{padding:.7rem 1rem;border-radius:10px;margin:1rem 0}
        .good{background:var(--good-tint);color:var(--good-ink)}
        .bad{background:var(--bad-tint);color:var(--bad-ink)}
        .calm{background:var(--calm-tint);color:var(--calm-ink)}
        .ways{margin-top:1.5rem;padding-top:1.2rem;border-top:1px solid var(--edge)}
        .away{position:absolute;left:-100vw;width:1px;height:1px;overflow:hidden}

        """

    private static let form = """
        form{margin:1.25rem 0 1rem;display:grid;gap:1.25rem}
        fieldset{border:0;padding:0;margin:0;min-width:0}
        label,legend{display:block;font-weight:600;padding:0;margin-bottom:.35rem}
        input:not([type=radio]):not([type=checkbox]),select{width:100%;min-height:2.9rem;padding:.5rem .75rem;\
        font:inherit;color:var(--ink);background:var(--card);border:1px solid var(--line);border-radius:9px}
        .field>[aria-invalid][aria-invalid]{border-color:var(--bad-ink);border-width:2px}
        .field>p{margin-top:.35rem}
        .fault{color:var(--bad-ink);font-size:.9rem;font-weight:600}
        .option{display:flex;align-items:center;gap:.65rem;min-height:2.5rem}
        .option label{flex:1;margin:0;font-weight:400;padding:.4rem 0}
        .option input{flex:none;width:1.2rem;height:1.2rem;margin:0;accent-color:var(--accent)}
        .part{margin-top:.6rem}
        .part label{font-weight:400;font-size:.9rem;color:var(--soft);margin-bottom:.2rem}
        button{justify-self:start;min-height:2.9rem;padding:.5rem 1.5rem;font:inherit;font-weight:600;\
        color:var(--accent-ink);background:var(--accent);border:0;border-radius:9px;cursor:pointer}
        :focus-visible{outline:3px solid var(--accent);outline-offset:2px}

        """

    private static let media = """
        @media (max-width:38rem){body{background:var(--card)}main{margin:0;border:0;border-radius:0;\
        padding:1.5rem 1.15rem 2rem}button{width:100%}}

        """

    static let text = colours + frame + form + media
}
