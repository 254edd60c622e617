import ByteIO
import Fetching
import FuzzEntry

@_cdecl("fuzz_entry") public func entry() { Entry.start() }

enum Entry {
  static func start() {
    FuzzEntry.run { bytes in
      let requests = FetchPipe.Requests(BufferSource(bytes).makeReader())
      _ = try? requests.rules()
      while let request = try? requests.next() {
        // What was read is written so that it is read as the same.
        let again = FetchPipe.Requests(BufferSource(try! FetchPipe.encode(request)).makeReader())
        precondition((try? again.next()) == request)
      }
      let answers = FetchPipe.Answers(BufferSource(bytes).makeReader())
      while let answer = try? answers.next(limit: 4_096) {
        if case .success(let answer) = answer { precondition(answer.bytes.count <= 4_096) }
      }
    }
  }
}
