import Testing

@Suite("Report page")
struct ReportPageTests {}
