using System.Buffers;
using k8s.Models;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Gateway.Requests;

namespace OrleansOrchestrator.Gateway.Watch;

/// <summary>Writes the events of a watch in one encoding.</summary>
internal interface IWatchFrames
{
    /// <summary>The bytes after which to flush: buffers of many watchers should stay small.</summary>
    const int FlushBytes = 64 * 1024;

    /// <summary>Writes the events that this watcher is to see, up to the size of a flush.</summary>
    /// <param name="output">The output.</param>
    /// <param name="changes">The events.</param>
    /// <param name="first">The first event that is not written yet.</param>
    /// <returns>The first event that is still not written.</returns>
    int Write(IBufferWriter<byte> output, IReadOnlyList<WatchEvent> changes, int first);

    /// <summary>Writes the error that ends a watch.</summary>
    void WriteError(IBufferWriter<byte> output, V1Status status);

    /// <summary>Whether a watcher wants a bookmark. Only clients that asked for it get the end of the initial events; for others it
    /// would be just an early bookmark.</summary>
    static bool Wants(ApiRequest request, in WatchEvent bookmark) =>
        request.Options.AllowWatchBookmarks && (!bookmark.EndsInitialEvents || request.Options.SendInitialEvents == true);
}
