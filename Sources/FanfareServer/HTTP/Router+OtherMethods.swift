import HTTPTypes
import Hummingbird

extension Router<APIContext> {
    /// Has each path below one say which methods it has when it is asked by another.
    func refuseOtherMethods(below base: String) {
        var known: [HTTPRequest.Method] = [.get, .post, .put, .patch, .delete, .options, .trace]
        if let query = HTTPRequest.Method("QUERY") { known.append(query) }
        let paths = Dictionary(grouping: routes, by: { $0.path.description })
        for (text, routes) in paths where text.hasPrefix(base + "/") {
            let methods = routes.map(\.method)
            for method in known where !methods.contains(method) {
                on(routes[0].path, method: method) { _, _ -> Response in throw Problem.notAllowed(methods) }
            }
        }
    }
}
