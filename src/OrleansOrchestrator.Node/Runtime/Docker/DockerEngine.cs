using System.Text.Json;
using Docker.DotNet;

namespace OrleansOrchestrator.Node.Runtime.Docker;

/// <summary>The connection to a Docker engine.</summary>
internal static class DockerEngine
{
    /// <summary>The API version of engine 20.10, the oldest supported; later engines speak it too.</summary>
    private static readonly Version ApiVersion = new(1, 41);

    /// <summary>How long the engine may take to answer a query or to send a signal.</summary>
    public static readonly TimeSpan QuickTime = TimeSpan.FromSeconds(10);

    public static DockerClient Connect(Uri? endpoint)
    {
        var builder = new DockerClientBuilder().WithApiVersion(ApiVersion).WithTimeout(Timeout.InfiniteTimeSpan);
        return builder.WithEndpoint(AddressOf(endpoint)).Build();
    }

    /// <summary>The engine's address: the given one, that of <c>DOCKER_HOST</c>, or the usual socket.</summary>
    public static Uri AddressOf(Uri? endpoint)
    {
        var given = System.Environment.GetEnvironmentVariable("DOCKER_HOST");
        return endpoint ?? (string.IsNullOrEmpty(given) ? new Uri("unix:///var/run/docker.sock") : new Uri(given));
    }

    /// <summary>Checks that an engine answers.</summary>
    /// <exception cref="RuntimeException">No engine answers.</exception>
    public static async Task RequireAsync(Uri? endpoint, CancellationToken cancellationToken)
    {
        using var client = Connect(endpoint);
        try
        {
            await client.System.PingAsync(cancellationToken);
        }
        catch (Exception exception) when (IsFailure(exception) && !cancellationToken.IsCancellationRequested)
        {
            var why = exception.InnerException?.Message ?? exception.Message;
            throw new RuntimeException(RuntimeException.Unavailable, $"no Docker engine answers at {AddressOf(endpoint)}: {why}", exception);
        }
    }

    /// <summary>Calls the engine. A hung call fails after the given time, and so does one that is answered by what is no answer.</summary>
    /// <param name="call">The call, and nothing but that and the reading of its answer: whatever it throws is the engine's fault.</param>
    /// <param name="within">The time that it may take.</param>
    /// <param name="reason">The reason of a failure.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="RuntimeException">The call failed; see the inner exception.</exception>
    public static async Task<T> CallAsync<T>(Func<CancellationToken, Task<T>> call, TimeSpan within, string reason, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(within);
        try
        {
            return await call(limit.Token) ?? throw new InvalidDataException("the answer is empty");
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw DockerErrors.ToRuntime(new TimeoutException($"the Docker engine has not answered within {within.TotalSeconds} s", exception), reason);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw DockerErrors.ToRuntime(exception, reason);
        }
    }

    /// <inheritdoc cref="CallAsync{T}"/>
    public static Task CallAsync(Func<CancellationToken, Task> call, TimeSpan within, string reason, CancellationToken cancellationToken) =>
        CallAsync(
            async token =>
            {
                await call(token);
                return true;
            },
            within, reason, cancellationToken);

    /// <summary>Whether the engine or the connection to it failed, and not this program.</summary>
    public static bool IsFailure(Exception exception) =>
        exception is DockerApiException or HttpRequestException or IOException or InvalidDataException or JsonException or TimeoutException
            or System.Net.Sockets.SocketException or OperationCanceledException;
}
