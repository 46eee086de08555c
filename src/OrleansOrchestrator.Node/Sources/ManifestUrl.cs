using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.Node.Sources;

/// <summary>Reads static pods from a URL: one pod or a list. What was read last counts until the URL answers with other pods.</summary>
/// <param name="url">The URL.</param>
/// <param name="headers">The headers of requests, by name.</param>
/// <param name="period">How often the URL is asked.</param>
/// <param name="nodeName">The node.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="logger">Receives faults.</param>
internal sealed partial class ManifestUrl(
    Uri url, IReadOnlyDictionary<string, IReadOnlyList<string>> headers, TimeSpan period, string nodeName, TimeProvider timeProvider, ILogger logger) : IManifests
{
    // As the kubelet.
    private const int AnswerBytesMax = 10 * 1024 * 1024;
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(10);

    private string? _fault;

    public bool IsOrigin(string origin) => origin == url.ToString();

    public async Task RunAsync(IReadOnlyCollection<StaticPod> read, Action<IReadOnlyCollection<StaticPod>> found, CancellationToken cancellationToken)
    {
        using var client = new HttpClient { Timeout = AnswerTime, MaxResponseContentBufferSize = AnswerBytesMax };
        foreach (var (name, values) in headers)
            client.DefaultRequestHeaders.TryAddWithoutValidation(name, values);
        await SupervisedLoop.RunAsync("manifest URL", token => AskAsync(client, found, token), timeProvider, logger, cancellationToken);
    }

    private async Task<TimeSpan?> AskAsync(HttpClient client, Action<IReadOnlyCollection<StaticPod>> found, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await client.GetAsync(url, cancellationToken);
            response.EnsureSuccessStatusCode();
            var content = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            found(PodManifest.ReadUrl(content, url.ToString(), nodeName));
            _fault = null;
        }
        catch (Exception exception) when (exception is FormatException or HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            if (_fault != exception.Message)
                LogBad(url, exception.Message);
            _fault = exception.Message;
        }

        return period;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The static pods of {Url} cannot be read: {Reason}; those that run run on as they are")]
    private partial void LogBad(Uri url, string reason);
}
