using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Console;

namespace OrleansOrchestrator.Cli.Processes;

/// <summary>Logs one line for each message, on standard error. Standard output belongs to the command.</summary>
internal static class ProcessLogging
{
    /// <summary>Configures the logging.</summary>
    /// <param name="logging">The process's logging.</param>
    /// <param name="level">The lowest level that is logged.</param>
    /// <param name="isStopping">Whether the process is stopping, so that errors are expected.</param>
    public static void Configure(ILoggingBuilder logging, LogLevel level, Func<bool> isStopping)
    {
        logging.ClearProviders();
        logging.Services.TryAddSingleton(TimeProvider.System);
        logging.Services.AddSingleton(new LogDetail(level));
        logging.AddConsole(console => console.FormatterName = LineFormatter.FormatName);
        logging.AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>();
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        logging.SetMinimumLevel(level);

        // Metrics cover what this category logs. If it is enabled, it costs an activity and a scope for each request.
        logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        if (level < LogLevel.Warning)
            return;

        // A silo's death is routine here. The libraries' messages about it do not help the operator.
        logging.AddFilter("Orleans", LogLevel.Critical);
        logging.AddFilter("Polly", LogLevel.None);
        logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.Critical);
        logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Critical);

        // A filter matches by prefix, and the names of our categories begin with Orleans. A silo that is stopping fails at its
        // pending work, so it logs no errors.
        logging.AddFilter("OrleansOrchestrator", level);
        logging.AddFilter("OrleansOrchestrator.ControlPlane", MayLog);
        logging.AddFilter("OrleansOrchestrator.Gateway", MayLog);
        logging.AddFilter("OrleansOrchestrator.Storage", MayLog);

        bool MayLog(LogLevel asked) => asked >= level && (asked > LogLevel.Error || !isStopping());
    }
}
