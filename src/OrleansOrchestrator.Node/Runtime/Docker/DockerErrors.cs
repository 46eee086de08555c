using System.Net;
using System.Text.Json;
using Docker.DotNet;

namespace OrleansOrchestrator.Node.Runtime.Docker;

/// <summary>Turns failures of the engine into those of the runtime.</summary>
internal static class DockerErrors
{
    public static RuntimeException ToRuntime(Exception exception, string reason) => new(
        exception is DockerApiException ? reason : RuntimeException.Unavailable,
        exception is DockerApiException api ? $"Error response from daemon: {MessageOf(api.ResponseBody ?? "")}" : exception.Message,
        exception);

    /// <summary>What the engine answered, or null if it did not.</summary>
    public static HttpStatusCode? CodeOf(RuntimeException exception) => (exception.InnerException as DockerApiException)?.StatusCode;

    /// <summary>The text in an answer of the form <c>{"message":"…"}</c>, or the answer itself.</summary>
    public static string MessageOf(string body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.TryGetProperty("message", out var message) ? message.GetString() ?? body : body;
        }
        catch (JsonException)
        {
            return body;
        }
    }
}
