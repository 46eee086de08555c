using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Console;

namespace OrleansOrchestrator.Cli.Processes;

/// <summary>How the process logs: one line a message, on standard error, so that standard output is the command's own.</summary>
internal static class ProcessLogging
{
    /// <summary>Sets the logging up.</summary>
    /// <param name="logging">The process's logging.</param>
    /// <param name="level">The lowest level that is logged.</param>
    /// <param name="isStopping">Whether the process stops. What fails then fails for that reason.</param>
    public static void Configure(ILoggingBuilder logging, LogLevel level, Func<bool> isStopping)
    {
        logging.ClearProviders();
        logging.Services.TryAddSingleton(TimeProvider.System);
        logging.Services.AddSingleton(new LogDetail(level));
        logging.AddConsole(console => console.FormatterName = LineFormatter.FormatName);
        logging.AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>();
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        logging.SetMinimumLevel(level);

        // What this would say of each request is in the metrics; being asked to say it costs an activity and a scope per request.
        logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        if (level < LogLevel.Warning)
            return;

        // A silo that dies is everyday business here: what the libraries have to say of it is not for the operator.
        logging.AddFilter("Orleans", LogLevel.Critical);
        logging.AddFilter("Polly", LogLevel.None);
        logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.Critical);
        logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Critical);

        // A filter takes in all names that begin like it, and ours begin like Orleans'. A silo that stops fails at what it is doing.
        logging.AddFilter("OrleansOrchestrator", level);
        logging.AddFilter("OrleansOrchestrator.ControlPlane", MayLog);
        logging.AddFilter("OrleansOrchestrator.Gateway", MayLog);
        logging.AddFilter("OrleansOrchestrator.Storage", MayLog);

        bool MayLog(LogLevel asked) => asked >= level && (asked > LogLevel.Error || !isStopping());
    }
}
