namespace OrleansOrchestrator.Node.Tests.Fakes;

/// <summary>A way in which an engine that takes a call fails to answer it.</summary>
public enum EngineFault
{
    /// <summary>It never answers.</summary>
    Hangs,

    /// <summary>It closes the connection before it answers.</summary>
    Closes,

    /// <summary>It closes the connection in the middle of an answer of known length.</summary>
    AnswersHalf,

    /// <summary>It closes the connection in the middle of a chunk.</summary>
    TruncatesAChunk,

    /// <summary>It answers with half of a document, and ends the answer as if that were all.</summary>
    AnswersHalfADocument,

    /// <summary>It reports success, with a page of a proxy in front of it.</summary>
    AnswersHtml,

    /// <summary>It reports success, and says nothing.</summary>
    AnswersNothing,

    /// <summary>It reports success, with nothing in the place of everything.</summary>
    AnswersNull,

    /// <summary>It reports success, with a document of another kind.</summary>
    AnswersAnotherKind,

    /// <summary>It fails, with a page of a proxy in front of it.</summary>
    FailsWithHtml,

    /// <summary>It answers with what is not HTTP.</summary>
    AnswersNoise,
}

/// <summary>Acts as an engine with a fault, which then closes the connection.</summary>
internal static class EngineFaults
{
    private const string Document = """[{"Id":"c1","State":"running","Labels":{"a":"b"}},{"Id":"c2","Sta""";
    private const string Page = "<html><body><h1>502 Bad Gateway</h1></body></html>";

    public static Task ActAsync(EngineFault fault, EngineCall call, CancellationToken cancellationToken) => fault switch
    {
        EngineFault.Hangs => Task.Delay(Timeout.Infinite, cancellationToken),
        EngineFault.AnswersHalf => call.WriteAsync($"{EngineCall.Head(200, "application/json")}Content-Length: 10000\r\n\r\n{Document}"),
        EngineFault.TruncatesAChunk => call.WriteAsync($"{EngineCall.Head(200, "application/json")}Transfer-Encoding: chunked\r\n\r\n1000\r\n{Document}"),
        EngineFault.AnswersHalfADocument => AnswerAsync(call, 200, "application/json", Document),
        EngineFault.AnswersHtml => AnswerAsync(call, 200, "text/html", Page),
        EngineFault.AnswersNothing => AnswerAsync(call, 200, "application/json", ""),
        EngineFault.AnswersNull => AnswerAsync(call, 200, "application/json", "null"),
        EngineFault.AnswersAnotherKind => AnswerAsync(call, 200, "application/json", call.Path == "/containers/json" ? """{"message":"hello"}""" : """["hello"]"""),
        EngineFault.FailsWithHtml => AnswerAsync(call, 500, "text/html", Page),
        EngineFault.AnswersNoise => call.WriteAsync("\u0016\u0003\u0001 noise\r\n\r\n"),
        _ => Task.CompletedTask,
    };

    private static Task AnswerAsync(EngineCall call, int code, string type, string body) =>
        call.WriteAsync($"{EngineCall.Head(code, type)}Content-Length: {body.Length}\r\n\r\n{body}");
}
