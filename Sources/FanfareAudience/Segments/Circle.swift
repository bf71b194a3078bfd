import GRDB
import Glibc

/// All places on Earth within a distance of one, over the great circle.
struct Circle: Sendable, Hashable {
    /// Degrees, north positive.
    let latitude: Double
    /// Degrees, east positive.
    let longitude: Double
    /// Miles.
    let radius: Double

    /// Half of a great circle is about 12,437 miles: a wider circle is the whole Earth.
    static let widest = 12_500.0

    /// Miles; the mean radius of the Earth.
    private static let earth = 3958.761_3

    /// Degrees of latitude that no place in the circle is beyond.
    var latitudes: ClosedRange<Double> {
        // A hair more, as the distance is rounded too.
        let degrees = radius / Circle.earth * 180 / .pi + 1e-9
        return latitude - degrees...latitude + degrees
    }

    /// The distance of two places in miles, by the haversine formula: it is exact where they are close together.
    static func miles(
        _ latitude: Double,
        _ longitude: Double,
        _ otherLatitude: Double,
        _ otherLongitude: Double
    ) -> Double {
        let radians = Double.pi / 180
        let north = sin((otherLatitude - latitude) * radians / 2)
        let east = sin((otherLongitude - longitude) * radians / 2)
        let square = north * north + cos(latitude * radians) * cos(otherLatitude * radians) * east * east
        return 2 * earth * asin(min(1, square.squareRoot()))
    }

    /// `miles(latitude, longitude, latitude, longitude)`; NULL when one of them is no number.
    static let milesFunction = DatabaseFunction("miles", argumentCount: 4, pure: true) { values in
        let degrees = values.compactMap(Double.fromDatabaseValue)
        guard degrees.count == 4 else { return nil }
        return Circle.miles(degrees[0], degrees[1], degrees[2], degrees[3])
    }
}
