using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using k8s.Models;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Gateway.Negotiation;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Gateway.Responses;

namespace OrleansOrchestrator.Gateway.Watch;

/// <summary>Writes the events of one watch. Objects in the form in which they are stored go out in the bytes that all watchers share; other
/// forms, tables and metadata are made per watcher.</summary>
internal sealed class WatchFrames(ApiRequest request, TableView? table)
{
    // How much is written before it is to be sent: what is under way to many watchers should stay small.
    private const int FlushBytes = 64 * 1024;

    private readonly bool _sendsBookmarks = request.Options.AllowWatchBookmarks;
    private readonly bool _marksInitialEvents = request.Options.SendInitialEvents == true;
    private bool _hasColumns;

    /// <summary>Writes those of some events that this watcher is to see, up to as many as should be sent at once.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="changes">The events.</param>
    /// <param name="first">The first that has not been written yet.</param>
    /// <returns>The first that has not been written now.</returns>
    public int Write(IBufferWriter<byte> output, IReadOnlyList<WatchEvent> changes, int first)
    {
        var spans = new SpanFiller(output);
        var bytes = 0;
        while (first < changes.Count && bytes < FlushBytes)
        {
            var change = changes[first++];
            bytes += change.Object?.Json.Length ?? 0;
            if (change.Type != WatchEventType.Bookmark && request.Format.View == ResponseView.Object)
            {
                WriteObject(ref spans, change);
                continue;
            }

            spans.Commit();
            if (change.Type == WatchEventType.Bookmark)
                WriteBookmark(output, change);
            else
                WriteView(output, change);
        }

        spans.Commit();
        return first;
    }

    /// <summary>Writes the error that ends a watch.</summary>
    public static void WriteError(IBufferWriter<byte> output, V1Status status)
    {
        using (var writer = StartFrame(output, "ERROR"u8))
        {
            StatusResponse.Write(writer, status);
            writer.WriteEndObject();
        }

        output.Write("\n"u8);
    }

    private void WriteObject(ref SpanFiller output, in WatchEvent change)
    {
        output.Write(change.Type switch
        {
            WatchEventType.Added => "{\"type\":\"ADDED\",\"object\":"u8,
            WatchEventType.Modified => "{\"type\":\"MODIFIED\",\"object\":"u8,
            _ => "{\"type\":\"DELETED\",\"object\":"u8,
        });
        output.Write(request.Form.JsonOf(change.Object!).Span);
        output.Write("}\n"u8);
    }

    private void WriteView(IBufferWriter<byte> output, in WatchEvent change)
    {
        using (var writer = StartFrame(output, NameOf(change.Type)))
        {
            ObjectViews.Write(writer, change.Object!, request, table, isFirst: !_hasColumns);
            writer.WriteEndObject();
        }

        _hasColumns = true;
        output.Write("\n"u8);
    }

    private void WriteBookmark(IBufferWriter<byte> output, in WatchEvent change)
    {
        // The end of the initial events is told only to those who asked for it; to others it would be just an early bookmark.
        if (!_sendsBookmarks || (change.EndsInitialEvents && !_marksInitialEvents))
            return;
        using (var writer = StartFrame(output, "BOOKMARK"u8))
        {
            if (table is not null)
                table.WriteBookmark(writer, change.Revision);
            else
                WriteBookmarkObject(writer, change);
            writer.WriteEndObject();
        }

        output.Write("\n"u8);
    }

    private void WriteBookmarkObject(Utf8JsonWriter writer, in WatchEvent change)
    {
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(change.Revision, digits, out var length);
        writer.WriteStartObject();
        if (request.Format.View == ResponseView.Object)
        {
            writer.WriteString("kind"u8, request.Definition.Kind);
            writer.WriteString("apiVersion"u8, request.Form.ApiVersion);
        }
        else
        {
            ObjectViews.WriteMetaType(writer, "PartialObjectMetadata", request.Format.Version);
        }

        writer.WriteStartObject("metadata"u8);
        writer.WriteString("resourceVersion"u8, digits[..length]);
        writer.WriteNull("creationTimestamp"u8);
        if (change.EndsInitialEvents)
        {
            writer.WriteStartObject("annotations"u8);
            writer.WriteString("k8s.io/initial-events-end"u8, "true"u8);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static Utf8JsonWriter StartFrame(IBufferWriter<byte> output, ReadOnlySpan<byte> type)
    {
        var writer = new Utf8JsonWriter(output, JsonWriting.Compact);
        writer.WriteStartObject();
        writer.WriteString("type"u8, type);
        writer.WritePropertyName("object"u8);
        return writer;
    }

    private static ReadOnlySpan<byte> NameOf(WatchEventType type) => type switch
    {
        WatchEventType.Added => "ADDED"u8,
        WatchEventType.Modified => "MODIFIED"u8,
        _ => "DELETED"u8,
    };
}
