using System.Threading.Tasks.Sources;

namespace OrleansOrchestrator.LoadTests.Client;

/// <summary>One request over HTTP/2 and what has come of it so far. Is used again for the next request once it is done.</summary>
/// <remarks>Whoever waits goes on where the end of the answer is read: its next request leaves with those of all others whose answers came
/// with it.</remarks>
internal sealed class Http2Call : IValueTaskSource<CallResult>
{
    private ManualResetValueTaskSourceCore<CallResult> _source;

    public RequestTemplate Request { get; private set; } = null!;

    public int Number { get; private set; }

    /// <summary>The status; 0 until it has arrived.</summary>
    public int Status { get; set; }

    /// <summary>Bytes of the body so far.</summary>
    public long BodyBytes { get; set; }

    /// <summary>Begins a request.</summary>
    /// <returns>Its answer.</returns>
    public ValueTask<CallResult> Begin(RequestTemplate request, int number)
    {
        _source.Reset();
        (Request, Number, Status, BodyBytes) = (request, number, 0, 0);
        return new ValueTask<CallResult>(this, _source.Version);
    }

    public void Complete() => _source.SetResult(new CallResult(Status, BodyBytes));

    public void Fail(Exception failure) => _source.SetException(failure);

    CallResult IValueTaskSource<CallResult>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<CallResult>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<CallResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
