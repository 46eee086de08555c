using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using k8s.Models;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Gateway.Json;
using OrleansOrchestrator.Gateway.Negotiation;
using OrleansOrchestrator.Gateway.Protobuf;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Gateway.Responses;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Watch;

/// <summary>
/// Writes the events of a watch in protobuf: the length in four bytes, and a <c>meta.v1.WatchEvent</c> without an envelope, which
/// contains the object as it is elsewhere. An object is encoded once for all watchers.
/// </summary>
internal sealed class ProtobufWatchFrames(ApiRequest request) : IWatchFrames, IDisposable
{
    private static readonly ConditionalWeakTable<StoredObject, Encoded> Shared = [];
    private readonly WireWriter _writer = new();

    /// <inheritdoc/>
    public int Write(IBufferWriter<byte> output, IReadOnlyList<WatchEvent> changes, int first)
    {
        var bytes = 0;
        while (first < changes.Count && bytes < IWatchFrames.FlushBytes)
        {
            var change = changes[first++];
            if (change.Type == WatchEventType.Bookmark && !IWatchFrames.Wants(request, change))
                continue;
            bytes += WriteFrame(output, Encoding.ASCII.GetString(WatchFrames.NameOf(change.Type)), ObjectOf(change));
        }

        return first;
    }

    /// <inheritdoc/>
    public void WriteError(IBufferWriter<byte> output, V1Status status) =>
        WriteFrame(output, "ERROR", ProtobufEncoder.FromJson(StatusResponse.Encode(status)));

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();

    private byte[] ObjectOf(in WatchEvent change)
    {
        if (change.Type == WatchEventType.Bookmark)
            return MakeBookmark(change);
        var obj = change.Object!;
        if (request.Format.View != ResponseView.Object)
            return Make(json => ObjectViews.Write(json, obj, request, null));
        if (Shared.TryGetValue(obj, out var known) && known.ServedVersion == request.ServedVersion)
            return known.Bytes;
        var encoded = new Encoded(request.ServedVersion, ProtobufEncoder.FromJson(request.ServedVersion.JsonOf(obj)));
        Shared.AddOrUpdate(obj, encoded);
        return encoded.Bytes;
    }

    private byte[] MakeBookmark(WatchEvent change) => Make(json => WatchFrames.WriteBookmarkObject(json, request, change));

    private static byte[] Make(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, JsonWriting.Compact))
            write(json);
        return ProtobufEncoder.FromJson(buffer.WrittenMemory);
    }

    // type is 1, object is 2, and of that the bytes are 1.
    private int WriteFrame(IBufferWriter<byte> output, string type, byte[] obj)
    {
        _writer.Clear();
        _writer.Bytes(1, obj);
        _writer.Close(2, 0);
        _writer.Text(1, type);
        var length = _writer.Length;
        BinaryPrimitives.WriteInt32BigEndian(output.GetSpan(sizeof(int)), length);
        output.Advance(sizeof(int));
        output.Write(_writer.Written);
        return sizeof(int) + length;
    }

    /// <summary>An object in protobuf, in the version last asked for.</summary>
    private sealed record Encoded(ServedVersion ServedVersion, byte[] Bytes);
}
