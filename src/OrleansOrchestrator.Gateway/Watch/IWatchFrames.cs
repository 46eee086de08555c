using System.Buffers;
using k8s.Models;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Gateway.Requests;

namespace OrleansOrchestrator.Gateway.Watch;

/// <summary>Writes the events of one watch in one encoding.</summary>
internal interface IWatchFrames
{
    /// <summary>How much is written before it is to be sent, in bytes: what is under way to many watchers should stay small.</summary>
    const int FlushBytes = 64 * 1024;

    /// <summary>Writes those of some events that this watcher is to see, up to as many as should be sent at once.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="changes">The events.</param>
    /// <param name="first">The first that has not been written yet.</param>
    /// <returns>The first that has not been written now.</returns>
    int Write(IBufferWriter<byte> output, IReadOnlyList<WatchEvent> changes, int first);

    /// <summary>Writes the error that ends a watch.</summary>
    void WriteError(IBufferWriter<byte> output, V1Status status);

    /// <summary>Whether a watcher is to see a bookmark. The end of the initial events is told only to those who asked for it; to others it
    /// would be just an early bookmark.</summary>
    static bool Wants(ApiRequest request, in WatchEvent bookmark) =>
        request.Options.AllowWatchBookmarks && (!bookmark.EndsInitialEvents || request.Options.SendInitialEvents == true);
}
