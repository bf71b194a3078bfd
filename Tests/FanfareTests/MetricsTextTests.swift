import Fanfare
import Testing

@Suite struct MetricsTextTests {
    @Test("names, helps and labels are written as the format wants them")
    func escaping() {
        var text = MetricsText()
        text.metric("a_total", .counter, "One\nline \\ more \"quoted\".") { samples in
            samples.add(Int64(3), [("name", "a\"b\\c\nd"), ("other", "é")])
            samples.add(0.25)
            samples.add(Double.infinity)
        }
        #expect(
            text.text == """
                # HELP a_total One\\nline \\\\ more "quoted".
                # TYPE a_total counter
                a_total{name="a\\"b\\\\c\\nd",other="é"} 3
                a_total 0.25
                a_total +Inf

                """
        )
    }

    @Test("a histogram ends with all that there were")
    func histogram() {
        var text = MetricsText()
        text.metric("t_seconds", .histogram, "Time.") { samples in
            samples.add(buckets: [(0.1, 1), (2, 3)], sum: 7.5, count: 4, [("a", "b")])
        }
        #expect(
            text.text == """
                # HELP t_seconds Time.
                # TYPE t_seconds histogram
                t_seconds_bucket{a="b",le="0.1"} 1
                t_seconds_bucket{a="b",le="2"} 3
                t_seconds_bucket{a="b",le="+Inf"} 4
                t_seconds_sum{a="b"} 7.5
                t_seconds_count{a="b"} 4

                """
        )
    }
}
