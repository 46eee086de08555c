using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace OrleansOrchestrator.Gateway.Requests;

/// <summary>
/// What is left of a request's body when it has been answered. Over HTTP/2 an answer that ends before its request resets the
/// stream, and clients that are still sending lose the answer with it. So small rests are read before the answer ends.
/// </summary>
internal static class UnreadBody
{
    /// <summary>Reads the rest of a body, up to a bound; what is beyond costs its client the stream.</summary>
    /// <param name="http">The request, whose answer is written but has not ended.</param>
    /// <param name="bytesMax">The most bytes that are read.</param>
    /// <param name="timeMax">The longest that its client is waited for.</param>
    /// <param name="time">Tells the time.</param>
    public static async ValueTask DrainAsync(HttpContext http, int bytesMax, TimeSpan timeMax, TimeProvider time)
    {
        // Over HTTP/1.1 the server itself reads on before the next request.
        if (!HttpProtocol.IsHttp2(http.Request.Protocol)
            || http.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false }
            || http.Request.ContentLength > bytesMax
            || http.RequestAborted.IsCancellationRequested)
        {
            return;
        }

        try
        {
            // Nearly always everything has been read, and there is nothing to wait for.
            var reader = http.Request.BodyReader;
            if (!reader.TryRead(out var result) || !IsEnd(reader, result))
                await ReadToEndAsync(reader, bytesMax, timeMax, time, http.RequestAborted);
        }
        catch (Exception failure) when (failure is IOException or OperationCanceledException or InvalidOperationException)
        {
            // The client has gone, or has taken too long: nobody is left to protect.
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
