using System.Collections.Frozen;
using System.IO.Pipelines;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Gateway.Metrics;
using OrleansOrchestrator.Gateway.Negotiation;
using OrleansOrchestrator.Gateway.Options;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Gateway.Responses;
using OrleansOrchestrator.Gateway.WebSockets;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Watch;

/// <summary>
/// Answers with a stream of changes. Events at hand are sent together, up to a size. A slow client delays its own stream only, since
/// its flush waits.
/// </summary>
internal sealed partial class WatchResponse(
    IObjectClient objects, GatewayOptions options, RequestInstruments instruments, TimeProvider time, ILogger<WatchResponse> logger)
{
    private static readonly FrozenDictionary<string, MessageFraming> Framings =
        FrozenDictionary.Create(StringComparer.Ordinal, KeyValuePair.Create("", MessageFraming.Lines));

    /// <summary>Streams until the client goes, the watch's time is over, or it fails.</summary>
    public async Task SendAsync(ApiRequest request)
    {
        if (request.Format.IsYaml)
            throw ApiErrors.NotAcceptable(MediaTypes.Streams);
        // Lines separate the messages of a WebSocket, and protobuf has no lines.
        if (request.Format.IsProtobuf && WebSocketReply.IsAskedFor(request.Http))
            throw ApiErrors.NotAcceptable(MediaTypes.Json);
        var query = ReadQueries.ForWatch(request.Info, request.Options);
        if (SkipsPresentObjects(request.Options, query))
            query = query with { AfterRevision = await ReadHeadAsync(request) };

        IWatchFrames frames = request.Format.IsProtobuf ? new ProtobufWatchFrames(request) : new WatchFrames(request, TableView.For(request, time));
        using var disposing = frames as IDisposable;
        using var ending = new CancellationTokenSource(Duration(request.Options), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ending.Token, request.Cancellation);
        await using var batches = objects.WatchAsync(request.Definition, query, either.Token).GetAsyncEnumerator(either.Token);
        instruments.RecordWatch(request.Definition.Plural, 1);
        try
        {
            if (WebSocketReply.IsAskedFor(request.Http))
            {
                await using var reply = await WebSocketReply.AcceptAsync(request.Http, Framings, time, either.Token);
                await using var gone = reply.Cancellation.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), either);
                await StreamAsync(request, batches, frames, reply.Output, either.Token);
            }
            else
            {
                await StreamAsync(request, batches, frames, request.Http.Response.BodyWriter, either.Token);
            }
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested && !request.Cancellation.IsCancellationRequested)
        {
            // The watch's time is over, and the client sees an ordinary end and resumes; or the client has closed the connection.
        }
        finally
        {
            instruments.RecordWatch(request.Definition.Plural, -1);
        }
    }

    private async Task StreamAsync(
        ApiRequest request, IAsyncEnumerator<IReadOnlyList<WatchEvent>> batches, IWatchFrames frames, PipeWriter output, CancellationToken cancellationToken)
    {
        try
        {
            var next = batches.MoveNextAsync();
            if (!request.Http.Response.HasStarted)
                request.Http.Response.ContentType = request.Format.IsProtobuf ? MediaTypes.ProtobufStream : MediaTypes.Json;
            // A watch that fails at once gets an ordinary error response; otherwise the headers tell the client that it is open.
            if (!next.IsCompleted)
                await output.FlushAsync(cancellationToken);
            while (await next)
            {
                var batch = batches.Current;
                for (var written = 0; written < batch.Count;)
                {
                    written = frames.Write(output, batch, written);
                    await output.FlushAsync(cancellationToken);
                }

                next = batches.MoveNextAsync();
            }
        }
        catch (Exception failure) when (request.Http.Response.HasStarted && failure is not OperationCanceledException)
        {
            await EndWithErrorAsync(output, frames, failure, cancellationToken);
        }
    }

    private async Task EndWithErrorAsync(PipeWriter output, IWatchFrames frames, Exception failure, CancellationToken cancellationToken)
    {
        if (failure is not ApiException)
            LogWatchFailed(failure);
        var status = (failure as ApiException ?? ApiErrors.Internal("the watch failed")).Status;
        frames.WriteError(output, status);
        await output.FlushAsync(cancellationToken);
    }

    private static bool SkipsPresentObjects(RequestOptions options, WatchQuery query) =>
        query.AfterRevision is null && options.SendInitialEvents == false;

    private async Task<long> ReadHeadAsync(ApiRequest request)
    {
        var page = await objects.ListAsync(
            request.Definition, new ListQuery(ObjectFilter.All, Freshness.Latest, Limit: 1), request.Cancellation);
        return page.Revision;
    }

    private TimeSpan Duration(RequestOptions requested)
    {
        // Default durations are spread, so that watches that begin together do not all end together.
        var seconds = requested.TimeoutSeconds is not (null or 0) and var asked
            ? Math.Clamp(asked.Value, 0, options.WatchSecondsMax)
            : options.WatchSecondsMin * (1 + Random.Shared.NextDouble());
        return TimeSpan.FromSeconds(seconds);
    }

    [LoggerMessage(LogLevel.Error, "A watch failed.")]
    private partial void LogWatchFailed(Exception failure);
}
