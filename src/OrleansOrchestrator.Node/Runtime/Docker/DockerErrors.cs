using System.Net;
using System.Text.Json;
using Docker.DotNet;

namespace OrleansOrchestrator.Node.Runtime.Docker;

/// <summary>Translates the engine's failures into those of the runtime.</summary>
internal static class DockerErrors
{
    public static RuntimeException ToRuntime(Exception exception, string reason) => new(
        exception is DockerApiException ? reason : RuntimeException.Unavailable,
        exception switch
        {
            DockerApiException api => $"Error response from daemon: {MessageOf(api.ResponseBody ?? "")}",
            _ when DockerEngine.IsFailure(exception) && exception is not JsonException => exception.Message,
            _ => $"the Docker engine has given no valid answer: {exception.Message}",
        },
        exception);

    /// <summary>The engine's HTTP code; null if it did not answer.</summary>
    public static HttpStatusCode? CodeOf(RuntimeException exception) => (exception.InnerException as DockerApiException)?.StatusCode;

    /// <summary>The text in an answer of the form <c>{"message":"…"}</c>, or the answer itself.</summary>
    public static string MessageOf(string body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement is { ValueKind: JsonValueKind.Object } answer && answer.TryGetProperty("message", out var message) ? message.ToString() : body;
        }
        catch (JsonException)
        {
            return body;
        }
    }
}
