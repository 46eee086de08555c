namespace OrleansOrchestrator.LoadTests.Client;

/// <summary>How a request was answered.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Bytes">The bytes of the body.</param>
internal readonly record struct CallResult(int Status, long Bytes)
{
    public bool IsSuccess => Status is >= 200 and < 300;
}

/// <summary>Sends requests, one at a time.</summary>
internal interface IApiChannel : IAsyncDisposable
{
    /// <summary>Sends a request and reads the whole answer.</summary>
    /// <exception cref="IOException">The connection was lost.</exception>
    ValueTask<CallResult> SendAsync(RequestTemplate request, int number);

    /// <summary>Sends a request and counts the lines of the answer as they come, until it ends.</summary>
    /// <param name="request">The request.</param>
    /// <param name="number">Its number.</param>
    /// <param name="received">Is called with the number of new lines, 0 when the answer begins.</param>
    /// <param name="cancellationToken">Ends it.</param>
    Task StreamLinesAsync(RequestTemplate request, int number, Action<int> received, CancellationToken cancellationToken);
}
