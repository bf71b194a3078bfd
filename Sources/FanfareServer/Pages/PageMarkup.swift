/// The markup of hosted pages, in Mustache.
enum PageMarkup {
    static let all = [
        ("head", head), ("foot", foot), ("message", message), ("sign-up", signUp), ("unsubscribe", unsubscribe),
        ("preferences", preferences), ("controls", controls), ("marks", marks), ("notes", notes),
    ]

    private static let head = """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>{{title}}{{#audience}} · {{.}}{{/audience}}</title>
        <style>{{{style}}}</style>
        </head>
        <body>
        <main>
        {{#audience}}<p class="audience"><bdi>{{.}}</bdi></p>{{/audience}}
        <h1>{{title}}</h1>

        """

    private static let foot = """
        </main>
        </body>
        </html>

        """

    private static let message = """
        {{> head}}
        {{#texts}}<p><bdi>{{.}}</bdi></p>{{/texts}}
        {{#link}}<p class="ways"><a href="{{url}}">{{text}}</a></p>{{/link}}
        {{> foot}}
        """

    private static let faults = """
        {{#faults}}<p class="note bad" role="alert">Please look at what is marked below.</p>{{/faults}}

        """

    private static let signUp = """
        {{> head}}
        \(faults)
        <form method="post" accept-charset="utf-8" novalidate>
        {{> controls}}
        <div class="away" aria-hidden="true"><label for="{{trap}}">Leave this empty</label>
        <input id="{{trap}}" name="{{trap}}" type="text" tabindex="-1" autocomplete="off"></div>
        <button type="submit">Sign up</button>
        </form>
        {{> foot}}
        """

    private static let unsubscribe = """
        {{> head}}
        <p>No more messages to <bdi class="address">{{address}}</bdi>?</p>
        <form method="post" accept-charset="utf-8">
        <button type="submit">Unsubscribe</button>
        </form>
        <p class="soft">If you want to stay, close this page: nothing has changed.</p>
        {{> foot}}
        """

    private static let preferences = """
        {{> head}}
        <p class="address"><bdi>{{address}}</bdi></p>
        {{#saved}}<p class="note good" role="status">Your preferences are saved.</p>{{/saved}}
        \(faults)
        {{#standing}}<p class="note calm">{{.}}{{#signUp}} <a href="{{.}}">Sign up again</a>{{/signUp}}</p>{{/standing}}
        <form method="post" accept-charset="utf-8" novalidate>
        {{> controls}}
        <button type="submit">Save</button>
        </form>
        {{#unsubscribe}}<p class="ways"><a href="{{.}}">Unsubscribe</a></p>{{/unsubscribe}}
        {{> foot}}
        """

    private static let controls = """
        {{#controls}}
        {{#line}}<div class="field"><label for="{{id}}">{{> marks}}</label>
        <input id="{{id}}" name="{{name}}" type="{{type}}" value="{{value}}" maxlength="255" \
        autocomplete="{{autocomplete}}" inputmode="{{inputMode}}"{{#required}} required{{/required}}\
        {{#fault}} aria-invalid="true"{{/fault}}{{#described}} aria-describedby="{{.}}"{{/described}}>
        {{> notes}}</div>{{/line}}
        {{#select}}<div class="field"><label for="{{id}}">{{> marks}}</label>
        <select id="{{id}}" name="{{name}}"{{#required}} required{{/required}}{{#fault}} aria-invalid="true"{{/fault}}\
        {{#described}} aria-describedby="{{.}}"{{/described}}>{{#options}}
        <option value="{{value}}"{{#chosen}} selected{{/chosen}}>{{text}}</option>{{/options}}
        </select>
        {{> notes}}</div>{{/select}}
        {{#choice}}<fieldset class="field"{{#described}} aria-describedby="{{.}}"{{/described}}>\
        <legend>{{> marks}}</legend>
        {{#options}}<div class="option"><input id="{{optionID}}" name="{{name}}" type="{{type}}" value="{{value}}"\
        {{#chosen}} checked{{/chosen}}><label for="{{optionID}}">{{text}}</label></div>
        {{/options}}{{> notes}}</fieldset>{{/choice}}
        {{#lines}}<fieldset class="field"{{#described}} aria-describedby="{{.}}"{{/described}}>\
        <legend>{{> marks}}</legend>
        {{#all}}<div class="part"><label for="{{id}}">{{label}}</label>
        <input id="{{id}}" name="{{name}}" type="text" value="{{value}}" maxlength="255" \
        autocomplete="{{autocomplete}}"></div>
        {{/all}}{{> notes}}</fieldset>{{/lines}}
        {{/controls}}

        """

    private static let marks = """
        <bdi>{{label}}</bdi>{{#required}} <span class="soft">(required)</span>{{/required}}
        """

    private static let notes = """
        {{#help}}<p class="soft" id="{{id}}-help">{{.}}</p>{{/help}}\
        {{#fault}}<p class="fault" id="{{id}}-fault">{{.}}</p>{{/fault}}
        """
}
