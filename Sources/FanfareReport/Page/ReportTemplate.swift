import Mustache

/// The page's markup. Every `{{…}}` is escaped by ``PageEscaping``; `{{{…}}}` stands for charts only, which hold numbers
/// and words of this program.
enum ReportTemplate {
    static func library() throws -> MustacheLibrary {
        MustacheContentTypes.register(PageEscaping(), named: PageEscaping.name)
        var library = MustacheLibrary()
        let pragma = "{{% CONTENT_TYPE:\(PageEscaping.name)}}"
        for (name, text) in [
            ("page", page), ("outcome", outcome), ("pace", pace), ("answers", answers), ("failures", failures),
            ("settings", settings), ("measures", measures),
        ] {
            try library.register(pragma + text, named: name)
        }
        return library
    }

    private static let page = """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
        base-uri 'none'; form-action 'none'">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="referrer" content="no-referrer">
        <meta name="robots" content="noindex">
        <title>{{name}} · delivery report</title>
        <style>{{{style}}}</style>
        </head>
        <body>
        <main>
        <header>
        <p class="brand">Fanfare <span>delivery report</span></p>
        <h1><bdi>{{name}}</bdi> <span class="state {{tone}}">{{state}}</span></h1>
        <p class="facts">{{#facts}}<span>{{.}}</span>{{/facts}}</p>
        {{#notice}}<p class="notice {{tone}}" role="note"><strong>{{title}}</strong> {{text}}</p>{{/notice}}
        </header>
        {{> outcome}}
        {{> pace}}
        {{> answers}}
        {{> failures}}
        {{> settings}}
        <footer><p>{{footer}}</p><p>{{privacy}}</p></footer>
        </main>
        </body>
        </html>

        """

    private static let outcome = """
        <section aria-labelledby="outcome"><h2 id="outcome">Outcome</h2>
        {{#isEmpty}}<p class="none">{{emptyText}}</p>{{/isEmpty}}
        {{^isEmpty}}
        <div class="stack" role="img" aria-label="{{stackSummary}}">{{#states}}<i class="{{name}}" \
        style="flex-grow:{{weight}}"></i>{{/states}}</div>
        <table class="legend"><caption class="away">Deliveries by state</caption><tbody>
        {{#states}}<tr><th scope="row"><i class="{{name}}"></i>{{label}}</th><td>{{count}}</td><td>{{share}}</td>
        <td class="means">{{means}}</td></tr>{{/states}}
        <tr class="sum"><th scope="row">all</th><td>{{total}}</td><td></td><td class="means"></td></tr>
        </tbody></table>
        {{/isEmpty}}
        {{#unanswered}}<p class="lead">{{.}}</p>{{/unanswered}}
        {{#figures}}<dl class="figures">{{#list}}<div><dt>{{title}}</dt><dd>{{value}}</dd>\
        {{#note}}<dd class="note">{{.}}</dd>{{/note}}</div>{{/list}}</dl>{{/figures}}
        </section>

        """

    private static let pace = """
        {{#pace}}
        <section aria-labelledby="pace"><h2 id="pace">Throughput</h2>
        <p class="key"><span><i class="delivered"></i>delivered</span> <span><i class="dead"></i>failed attempts</span></p>
        {{{throughput}}}
        {{> measures}}
        </section>
        {{/pace}}
        {{#latency}}
        <section aria-labelledby="latency"><h2 id="latency">Latency</h2>
        <p class="lead">How long the requests took that were accepted, from their start to the end of the answer.</p>
        <dl class="figures small">{{#percentiles}}<div><dt>{{title}}</dt><dd>{{value}}</dd></div>{{/percentiles}}</dl>
        <div class="pair">
        <div><h3>Over time</h3>
        <p class="key"><span><i class="line p50"></i>p50</span> <span><i class="line p90"></i>p90</span> \
        <span><i class="line p99"></i>p99</span></p>{{{overTime}}}</div>
        <div><h3>Distribution</h3>
        <p class="key"><span><i class="line p50"></i>p50</span> <span><i class="line p99"></i>p99</span></p>\
        {{{distribution}}}</div>
        </div>
        <details><summary>The same in numbers</summary><div class="scroll"><table><thead><tr><th scope="col">took</th>
        <th scope="col">requests</th><th scope="col">share</th></tr></thead><tbody>
        {{#ranges}}<tr><th scope="row">{{range}}</th><td>{{count}}</td><td>{{share}}</td></tr>{{/ranges}}
        </tbody></table></div></details>
        </section>
        {{/latency}}

        """

    private static let measures = """
        <details><summary>The same in numbers</summary><div class="scroll"><table><thead><tr><th scope="col">{{each}}</th>
        <th scope="col">delivered</th><th scope="col">failed attempts</th><th scope="col">p50</th>\
        <th scope="col">p90</th><th scope="col">p99</th></tr></thead><tbody>
        {{#steps}}<tr><th scope="row">{{time}}</th><td>{{delivered}}</td><td>{{failed}}</td><td>{{p50}}</td>\
        <td>{{p90}}</td><td>{{p99}}</td></tr>{{/steps}}
        </tbody></table></div></details>

        """

    private static let answers = """
        {{#answers}}
        <section aria-labelledby="answers" class="pair">
        <div><h2 id="answers">How attempts ended</h2>
        <table class="bars"><thead class="away"><tr><th scope="col">ending</th><th scope="col">attempts</th>
        <th scope="col">share</th></tr></thead><tbody>{{#list}}<tr><th scope="row">{{text}}<span class="track"><i class="{{tone}}" \
        style="width:{{width}}%"></i></span></th><td>{{count}}</td><td>{{share}}</td></tr>{{/list}}</tbody></table>
        {{#note}}<p class="lead">{{.}}</p>{{/note}}</div>
        <div><h2>Attempts needed</h2>
        <table class="bars"><thead class="away"><tr><th scope="col">attempts</th><th scope="col">deliveries</th>
        <th scope="col">share</th></tr></thead><tbody>{{#tries}}<tr><th scope="row">{{text}}\
        <span class="track"><i class="delivered" style="width:{{delivered}}%"></i>\
        <i class="dead" style="width:{{dead}}%"></i></span></th>\
        <td>{{count}}</td><td>{{share}}</td></tr>{{/tries}}</tbody></table>
        {{#triesNote}}<p class="lead">{{.}}</p>{{/triesNote}}</div>
        </section>
        {{/answers}}

        """

    private static let failures = """
        {{#failures}}
        <section aria-labelledby="failures"><h2 id="failures">Dead, by cause</h2>
        {{#causes}}
        <article class="cause"><h3><span>{{text}}</span> <b>{{count}}</b></h3>
        <p class="lead">{{note}}</p>
        {{#hasSamples}}<div class="scroll"><table class="samples"><caption class="away">Samples of this cause</caption>
        <thead><tr><th scope="col">delivery</th><th scope="col">last tried</th><th scope="col">attempts</th>
        <th scope="col">what the receiver said</th></tr></thead><tbody>
        {{#samples}}<tr><th scope="row"><code>{{id}}</code>{{#email}}<br><bdi>{{.}}</bdi>{{/email}}</th>
        <td>{{at}}</td><td>{{attempts}}</td><td class="said">{{#location}}<span class="moved">moved to \
        <bdi>{{.}}</bdi></span> {{/location}}{{#response}}<q><bdi>{{.}}</bdi></q>{{/response}}\
        {{^response}}<span class="none">nothing</span>{{/response}}</td></tr>{{/samples}}
        </tbody></table></div>{{/hasSamples}}
        </article>
        {{/causes}}
        {{#rest}}<p class="lead">{{.}}</p>{{/rest}}
        </section>
        {{/failures}}
        {{#setAside}}
        <section aria-labelledby="aside"><h2 id="aside">Not delivered for other reasons</h2>
        <table class="plain"><thead><tr><th scope="col">state</th><th scope="col">why</th>\
        <th scope="col">deliveries</th></tr></thead><tbody>
        {{#list}}<tr><th scope="row"><i class="{{name}}"></i>{{label}}</th><td class="text">{{text}}</td>\
        <td>{{count}}</td></tr>{{/list}}
        </tbody></table>
        </section>
        {{/setAside}}

        """

    private static let settings = """
        {{#settings}}
        <section aria-labelledby="settings"><h2 id="settings">Sent with</h2>
        <table class="settings"><thead class="away"><tr><th scope="col">setting</th><th scope="col">value</th></tr></thead>\
        <tbody>{{#list}}<tr><th scope="row">{{key}}</th><td><bdi>{{value}}</bdi></td></tr>{{/list}}</tbody></table>
        </section>
        {{/settings}}

        """
}
