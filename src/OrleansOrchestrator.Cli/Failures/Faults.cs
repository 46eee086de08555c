using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using k8s.Autorest;
using k8s.Models;

namespace OrleansOrchestrator.Cli.Failures;

/// <summary>Says in one line why a command failed.</summary>
internal static class Faults
{
    private const string OwnAssemblies = "OrleansOrchestrator.";

    /// <summary>Describes a failure in one line. An unexpected exception is given with its type.</summary>
    public static string Describe(Exception fault)
    {
        var cause = fault is AggregateException { InnerExceptions: [var first, ..] } ? first : fault;
        var text = cause switch
        {
            _ when IsOwn(cause) => cause.Message,
            HttpOperationException refused => StatusMessageOf(refused) ?? refused.Message,
            HttpRequestException or SocketException when cause.InnerException is { } inner => $"{cause.Message}: {inner.Message}",
            OperationCanceledException => "it was cancelled before it was complete",
            CryptographicException => $"the cluster's keys in the data folder or database are damaged: {cause.Message}",
            IOException or UnauthorizedAccessException or HttpRequestException or SocketException or ArgumentException => cause.Message,
            _ => $"{cause.GetType().Name}: {cause.Message} (a bug in the program; --log-level debug shows where)",
        };
        return text.ReplaceLineEndings(" ").Trim();
    }

    // The messages of our own exceptions are written for users.
    private static bool IsOwn(Exception fault) =>
        fault is CommandException || fault.GetType().Assembly.GetName().Name!.StartsWith(OwnAssemblies, StringComparison.Ordinal);

    private static string? StatusMessageOf(HttpOperationException refused)
    {
        try
        {
            return string.IsNullOrEmpty(refused.Response?.Content) ? null : JsonSerializer.Deserialize<V1Status>(refused.Response.Content, JsonSerializerOptions.Web)?.Message;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
