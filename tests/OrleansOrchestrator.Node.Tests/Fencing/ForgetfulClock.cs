namespace OrleansOrchestrator.Node.Tests.Fencing;

/// <summary>A clock that answers the first question with a time long ago, and then tells the time of another one.</summary>
internal sealed class ForgetfulClock(TimeProvider clock) : TimeProvider
{
    private bool _wasAsked;

    public override long TimestampFrequency => clock.TimestampFrequency;

    public override long GetTimestamp()
    {
        var longAgo = _wasAsked ? 0 : TimestampFrequency * 3600;
        _wasAsked = true;
        return clock.GetTimestamp() - longAgo;
    }

    public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();
}
