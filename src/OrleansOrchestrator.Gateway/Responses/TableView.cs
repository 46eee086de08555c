using System.Globalization;
using System.Text.Json;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Gateway.Negotiation;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Responses;

/// <summary>Writes objects as a <c>meta.k8s.io</c> Table, which is what <c>kubectl get</c> prints.</summary>
/// <remarks>https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables</remarks>
internal sealed class TableView
{
    private readonly ServedVersion _form;
    private readonly string _version;
    private readonly string _includeObject;
    private readonly TimeProvider _time;

    private TableView(ServedVersion served, string version, string includeObject, TimeProvider time)
    {
        _form = served;
        _version = version;
        _includeObject = includeObject;
        _time = time;
    }

    /// <summary>The table of a request; null if it does not ask for one.</summary>
    /// <exception cref="ApiException">400: <c>includeObject</c> has an invalid value.</exception>
    public static TableView? For(ApiRequest request, TimeProvider time)
    {
        if (request.Format.View != ResponseView.Table)
            return null;
        var include = request.Options.IncludeObject;
        if (include is not ("" or "None" or "Metadata" or "Object"))
        {
            throw ApiErrors.BadRequest(
                $"Unable to convert to Table as requested: includeObject: Invalid value: {GoSyntax.Quote(include)}: must be 'Metadata', 'Object', 'None', or empty");
        }

        return new TableView(request.ServedVersion, request.Format.Version, include, time);
    }

    /// <summary>Writes a table with one row.</summary>
    public void WriteSingle(Utf8JsonWriter writer, StoredObject obj, bool withColumns)
    {
        WriteStart(writer, obj.Revision, null, null, withColumns);
        WriteRow(writer, obj);
        WriteEnd(writer);
    }

    /// <summary>Writes everything before the rows of a list.</summary>
    public void WriteStart(Utf8JsonWriter writer, ObjectPage page) =>
        WriteStart(writer, page.Revision, page.Continue, page.RemainingCount, withColumns: true);

    /// <summary>Writes the row of an object.</summary>
    public void WriteRow(Utf8JsonWriter writer, StoredObject obj)
    {
        var model = obj.SharedModel();
        var now = _time.GetUtcNow();
        writer.WriteStartObject();
        writer.WriteStartArray("cells"u8);
        foreach (var column in _form.Columns)
            WriteCell(writer, column.Value(model, now));
        writer.WriteEndArray();
        writer.WritePropertyName("object"u8);
        switch (_includeObject)
        {
            case "None":
                writer.WriteNullValue();
                break;
            case "Object":
                writer.WriteRawValue(_form.JsonOf(obj).Span, skipInputValidation: true);
                break;
            default:
                ObjectViews.WritePartial(writer, _form.JsonOf(obj).Span, _version);
                break;
        }

        writer.WriteEndObject();
    }

    /// <summary>Writes everything after the rows.</summary>
    public static void WriteEnd(Utf8JsonWriter writer)
    {
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>Writes the table of a bookmark: no rows, only the revision.</summary>
    public void WriteBookmark(Utf8JsonWriter writer, long revision)
    {
        WriteStart(writer, revision, null, null, withColumns: false);
        WriteEnd(writer);
    }

    private void WriteStart(Utf8JsonWriter writer, long revision, string? next, long? remaining, bool withColumns)
    {
        writer.WriteStartObject();
        ObjectViews.WriteMetaType(writer, "Table", _version);
        ListMetadata.Write(writer, revision, next, remaining);
        if (withColumns)
            WriteColumns(writer);
        else
            writer.WriteNull("columnDefinitions"u8);
        writer.WriteStartArray("rows"u8);
    }

    private void WriteColumns(Utf8JsonWriter writer)
    {
        writer.WriteStartArray("columnDefinitions"u8);
        foreach (var column in _form.Columns)
        {
            writer.WriteStartObject();
            writer.WriteString("name"u8, column.Name);
            writer.WriteString("type"u8, column.Type);
            writer.WriteString("format"u8, column.Format);
            writer.WriteString("description"u8, column.Description);
            writer.WriteNumber("priority"u8, column.Priority);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteCell(Utf8JsonWriter writer, object? cell)
    {
        switch (cell)
        {
            case null:
                writer.WriteNullValue();
                break;
            case string text:
                writer.WriteStringValue(text);
                break;
            case int number:
                writer.WriteNumberValue(number);
                break;
            case long number:
                writer.WriteNumberValue(number);
                break;
            case double number:
                writer.WriteNumberValue(number);
                break;
            case bool flag:
                writer.WriteBooleanValue(flag);
                break;
            default:
                writer.WriteStringValue(Convert.ToString(cell, CultureInfo.InvariantCulture));
                break;
        }
    }
}
