namespace OrleansOrchestrator.Node.Api;

/// <summary>Times in the format of <c>metav1.Time</c>: UTC, whole seconds.</summary>
internal static class WireTime
{
    public static DateTime Seconds(DateTimeOffset time) =>
        new(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerSecond), DateTimeKind.Utc);

    public static DateTime? Seconds(DateTimeOffset? time) => time is { } value ? Seconds(value) : null;
}
