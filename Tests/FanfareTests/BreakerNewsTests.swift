import Testing

@testable import Fanfare

@Suite("What is told of a breaker")
struct BreakerNewsTests {
    @Test("an outage that began and ended between two looks is told, as are two")
    func between() {
        var news = BreakerNews()
        #expect(news.look(openings: 0, isOpen: false) == [])
        #expect(news.look(openings: 1, isOpen: false) == [.breakerOpened, .breakerClosed])
        #expect(
            news.look(openings: 3, isOpen: true) == [.breakerOpened, .breakerClosed, .breakerOpened]
        )
        #expect(news.look(openings: 3, isOpen: true) == [])
        #expect(news.look(openings: 4, isOpen: false) == [.breakerClosed, .breakerOpened, .breakerClosed])
        #expect(news.look(openings: 4, isOpen: false) == [])
    }
}
