using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace OrleansOrchestrator.Gateway.Requests;

/// <summary>
/// The rest of a request's body after the answer. Over HTTP/2 an answer that ends before its request resets the stream, and a client
/// that is still sending loses the answer. So a small rest is read before the answer ends.
/// </summary>
internal static class UnreadBody
{
    /// <summary>Reads the rest of a body up to a bound. A larger rest costs its client the stream.</summary>
    /// <param name="http">The request; its answer is written but not completed.</param>
    /// <param name="bytesMax">The most bytes to read.</param>
    /// <param name="timeMax">The longest wait for the client.</param>
    /// <param name="time">The clock.</param>
    public static async ValueTask DrainAsync(HttpContext http, int bytesMax, TimeSpan timeMax, TimeProvider time)
    {
        // Over HTTP/1.1 Kestrel reads the rest itself before the next request.
        if (!HttpProtocol.IsHttp2(http.Request.Protocol)
            || http.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false }
            || http.Request.ContentLength > bytesMax
            || http.RequestAborted.IsCancellationRequested)
        {
            return;
        }

        try
        {
            // Nearly always the body has been read, and there is nothing to wait for.
            var reader = http.Request.BodyReader;
            if (!reader.TryRead(out var result) || !IsEnd(reader, result))
                await ReadToEndAsync(reader, bytesMax, timeMax, time, http.RequestAborted);
        }
        catch (Exception failure) when (failure is IOException or OperationCanceledException or InvalidOperationException)
        {
            // The client has gone or is too slow: nobody would receive the answer.
        }
    }

    private static async Task ReadToEndAsync(PipeReader reader, int bytesMax, TimeSpan timeMax, TimeProvider time, CancellationToken aborted)
    {
        using var expiry = new CancellationTokenSource(timeMax, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(expiry.Token, aborted);
        for (long bytes = 0; bytes < bytesMax;)
        {
            var result = await reader.ReadAsync(either.Token);
            bytes += result.Buffer.Length;
            if (IsEnd(reader, result))
                return;
        }
    }

    private static bool IsEnd(PipeReader reader, ReadResult result)
    {
        reader.AdvanceTo(result.Buffer.End);
        return result.IsCompleted || result.IsCanceled;
    }
}
