namespace OrleansOrchestrator.Controllers.Objects;

/// <summary>Reads times of API objects as UTC, whatever <see cref="DateTimeKind"/> the decoder gave them.</summary>
internal static class ApiTime
{
    public static DateTimeOffset Read(DateTime time) => new(
        time.Kind == DateTimeKind.Local ? time.ToUniversalTime() : DateTime.SpecifyKind(time, DateTimeKind.Utc));

    public static DateTimeOffset? Read(DateTime? time) => time is { } value ? Read(value) : null;
}
