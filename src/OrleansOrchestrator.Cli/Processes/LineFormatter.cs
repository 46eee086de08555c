using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace OrleansOrchestrator.Cli.Processes;

/// <summary>
/// Writes each message as one line: time, level, source and text. A warning has only the message of its exception. An error has the
/// stack trace too, because errors are unexpected. If the process logs at level debug or lower, every exception has its stack
/// trace.
/// </summary>
internal sealed class LineFormatter(TimeProvider time, LogDetail detail) : ConsoleFormatter(FormatName)
{
    /// <summary>The formatter's name.</summary>
    public const string FormatName = "line";

    /// <inheritdoc/>
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var message = logEntry.Formatter(logEntry.State, logEntry.Exception);
        var clock = time.GetLocalNow().ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture);
        var source = logEntry.Category[(logEntry.Category.LastIndexOf('.') + 1)..];
        textWriter.WriteLine($"{clock} {NameOf(logEntry.LogLevel)} {source}: {message}{Explain(logEntry)}".ReplaceLineEndings(" "));
    }

    private string Explain<TState>(in LogEntry<TState> entry) => entry.Exception switch
    {
        null => "",
        var exception when detail.Level <= LogLevel.Debug || entry.LogLevel >= LogLevel.Error => $": {exception}",
        var exception => $": {exception.Message}",
    };

    private static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "error",
        _ => "critical",
    };
}

/// <summary>How much detail the operator wants in the log.</summary>
/// <param name="Level">The lowest level that is logged.</param>
internal sealed record LogDetail(LogLevel Level);
