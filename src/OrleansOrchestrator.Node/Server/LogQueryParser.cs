using System.Globalization;
using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Server;

/// <summary>Parses the query of a log request, which has the fields of <c>PodLogOptions</c>.</summary>
internal static class LogQueryParser
{
    /// <returns>The query, or its fault.</returns>
    public static (LogQuery Query, string? Fault) Parse(IQueryCollection query)
    {
        var (tail, tailFault) = Number(query, "tailLines", 0);
        var (seconds, secondsFault) = Number(query, "sinceSeconds", 1);
        var (limit, limitFault) = Number(query, "limitBytes", 1);
        DateTimeOffset? since = seconds is { } s ? Waits.After(TimeProvider.System.GetUtcNow(), -Waits.Seconds(s)) : null;
        string? timeFault = null;
        if (query["sinceTime"].FirstOrDefault() is { Length: > 0 } text)
        {
            if (seconds is not null)
                timeFault = "at most one of `sinceTime` or `sinceSeconds` may be specified";
            else if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out var time))
                since = time;
            else
                timeFault = $"sinceTime: Invalid value: \"{text}\"";
        }

        var parsed = new LogQuery
        {
            Follow = Flag(query, "follow"),
            Timestamps = Flag(query, "timestamps"),
            TailLines = tail is { } lines ? (int)Math.Min(lines, int.MaxValue) : null,
            Since = since,
            LimitBytes = limit,
        };
        return (parsed, tailFault ?? secondsFault ?? limitFault ?? timeFault);
    }

    private static bool Flag(IQueryCollection query, string name) => query[name].FirstOrDefault() is "true" or "1";

    private static (long? Value, string? Fault) Number(IQueryCollection query, string name, long min) =>
        query[name].FirstOrDefault() is not { Length: > 0 } text ? (null, null)
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= min ? (value, null)
        : (null, $"{name}: Invalid value: \"{text}\": must be greater than or equal to {min}");
}
