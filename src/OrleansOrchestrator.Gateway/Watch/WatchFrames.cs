using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using k8s.Models;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Gateway.Json;
using OrleansOrchestrator.Gateway.Negotiation;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Gateway.Responses;

namespace OrleansOrchestrator.Gateway.Watch;

/// <summary>Writes the events of a watch. Objects in their storage version use the bytes that all watchers share; other versions,
/// tables and metadata are made per watcher.</summary>
internal sealed class WatchFrames(ApiRequest request, TableView? table) : IWatchFrames
{
    private bool _hasColumns;

    /// <inheritdoc/>
    public int Write(IBufferWriter<byte> output, IReadOnlyList<WatchEvent> changes, int first)
    {
        var spans = new SpanFiller(output);
        var bytes = 0;
        while (first < changes.Count && bytes < IWatchFrames.FlushBytes)
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

    /// <inheritdoc/>
    public void WriteError(IBufferWriter<byte> output, V1Status status)
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
        output.Write(request.ServedVersion.JsonOf(change.Object!).Span);
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
        if (!IWatchFrames.Wants(request, change))
            return;
        using (var writer = StartFrame(output, "BOOKMARK"u8))
        {
            if (table is not null)
                table.WriteBookmark(writer, change.Revision);
            else
                WriteBookmarkObject(writer, request, change);
            writer.WriteEndObject();
        }

        output.Write("\n"u8);
    }

    /// <summary>Writes the object of a bookmark, which has only a revision.</summary>
    public static void WriteBookmarkObject(Utf8JsonWriter writer, ApiRequest request, in WatchEvent change)
    {
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(change.Revision, digits, out var length);
        writer.WriteStartObject();
        if (request.Format.View == ResponseView.Object)
        {
            writer.WriteString("kind"u8, request.Definition.Kind);
            writer.WriteString("apiVersion"u8, request.ServedVersion.ApiVersion);
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

    /// <summary>The name of an event type.</summary>
    public static ReadOnlySpan<byte> NameOf(WatchEventType type) => type switch
    {
        WatchEventType.Added => "ADDED"u8,
        WatchEventType.Modified => "MODIFIED"u8,
        WatchEventType.Bookmark => "BOOKMARK"u8,
        _ => "DELETED"u8,
    };
}
