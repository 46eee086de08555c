using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace OrleansOrchestrator.EndToEnd.Tests.Golden;

/// <summary>Turns messages into requests and answers into text that is the same in every run.</summary>
/// <remarks>
/// What differs from run to run has a name: <c>$NAMESPACE</c>, <c>$UID</c>, <c>$REVISION</c>, <c>$TIME</c>, <c>$CONTINUE</c>, <c>$AGE</c>,
/// and <c>$RANDOM</c> for what <c>generateName</c> adds. In a request after the first, these stand for the values in the answer before.
/// </remarks>
internal static partial class GoldenText
{
    private static readonly string[] ShownHeaders = ["Content-Type", "Warning", "Retry-After", "Allow"];

    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Reads a request: its first line, headers, an empty line and the body.</summary>
    public static HttpRequestMessage ReadRequest(string message, string space, JsonNode? before)
    {
        var (head, body) = Divide(Fill(message, space, before).TrimStart('\n'));
        var lines = head.Split('\n');
        var start = lines[0].Split(' ', 2);
        var request = new HttpRequestMessage(new HttpMethod(start[0]), start[1]);
        if (body.Length > 0)
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        foreach (var line in lines.Skip(1))
        {
            var (name, value) = (line[..line.IndexOf(':')], line[(line.IndexOf(':') + 1)..].Trim());
            if (!request.Headers.TryAddWithoutValidation(name, value))
                request.Content?.Headers.TryAddWithoutValidation(name, value);
        }

        return request;
    }

    /// <summary>Puts the names' values into a text.</summary>
    public static string Fill(string text, string space, JsonNode? before)
    {
        var metadata = before?["metadata"];
        return text.Replace("$NAMESPACE", space, StringComparison.Ordinal)
            .Replace("$UID", (string?)metadata?["uid"], StringComparison.Ordinal)
            .Replace("$REVISION", (string?)metadata?["resourceVersion"], StringComparison.Ordinal)
            .Replace("$CONTINUE", (string?)metadata?["continue"], StringComparison.Ordinal)
            .Replace("$RANDOM", (string?)metadata?["name"] is { Length: > 5 } name ? name[^5..] : null, StringComparison.Ordinal);
    }

    /// <summary>Writes an answer: status, the headers that matter, and the body.</summary>
    public static string Write(HttpResponseMessage answer, string body, string space)
    {
        var text = new StringBuilder().Append((int)answer.StatusCode).Append(' ').Append(answer.ReasonPhrase).Append('\n');
        foreach (var header in answer.Headers.Concat(answer.Content.Headers).Where(header => ShownHeaders.Contains(header.Key)).OrderBy(header => header.Key, StringComparer.Ordinal))
        {
            foreach (var value in header.Value)
                text.Append(header.Key).Append(": ").Append(value).Append('\n');
        }

        text.Append('\n');
        foreach (var document in IsLines(body) ? body.Split('\n', StringSplitOptions.RemoveEmptyEntries) : [body])
            text.Append(Normalise(document)).Append('\n');
        return text.ToString().TrimEnd('\n').Replace(space, "$NAMESPACE", StringComparison.Ordinal) + "\n";
    }

    private static (string Head, string Body) Divide(string message)
    {
        var end = message.IndexOf("\n\n", StringComparison.Ordinal);
        return end < 0 ? (message.TrimEnd('\n'), "") : (message[..end], message[(end + 2)..].TrimEnd('\n'));
    }

    /// <summary>Whether a body is a stream of objects, one a line.</summary>
    private static bool IsLines(string body) => body.TrimEnd('\n').Contains("}\n{", StringComparison.Ordinal);

    private static string Normalise(string document)
    {
        if (!document.StartsWith('{') || TryParse(document) is not { } json)
            return NormaliseText(document);
        NormaliseNode(json);
        return json.ToJsonString(Indented);
    }

    private static JsonNode? TryParse(string document)
    {
        try
        {
            return JsonNode.Parse(document);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static void NormaliseNode(JsonNode? node)
    {
        if (node is JsonArray array)
        {
            for (var i = 0; i < array.Count; i++)
            {
                if (array[i] is JsonValue value && value.TryGetValue<string>(out var text) && NormaliseItem(text) is { } replaced && replaced != text)
                    array[i] = replaced;
                else
                    NormaliseNode(array[i]);
            }
        }
        else if (node is JsonObject obj)
        {
            // Before the name is looked at, what was added to it is cut off.
            if ((string?)obj["generateName"] is { Length: > 0 } prefix && (string?)obj["name"] is { } name && name.StartsWith(prefix, StringComparison.Ordinal))
                obj["name"] = prefix + "$RANDOM";
            foreach (var (key, child) in obj.ToList())
            {
                if (child is JsonValue value && value.TryGetValue<string>(out var text))
                    obj[key] = NormaliseText(key, text);
                else
                    NormaliseNode(child);
            }

            // Managers of one kind stand in the order of the seconds in which they wrote, which differs from run to run.
            if (obj["managedFields"] is JsonArray managers)
                obj["managedFields"] = new JsonArray([.. managers.OrderBy(ManagerOrder, StringComparer.Ordinal).Select(manager => manager!.DeepClone())]);
        }
    }

    private static string ManagerOrder(JsonNode? manager) =>
        string.Join('/', manager!["operation"], manager["manager"], manager["apiVersion"], manager["subresource"]);

    private static string NormaliseText(string key, string text) => key switch
    {
        "resourceVersion" when text.Length > 0 => "$REVISION",
        "continue" when text.Length > 0 => "$CONTINUE",
        _ => NormaliseText(text),
    };

    // Cells of tables are items of lists; a text elsewhere that looks like an age is a quantity.
    private static string NormaliseItem(string text) => Ages().IsMatch(text) ? "$AGE" : NormaliseText(text);

    private static string NormaliseText(string text) =>
        Revisions().Replace(Times().Replace(Uids().Replace(TokenVolumes().Replace(text, "$1$RANDOM"), "$UID"), "$TIME"), "$1$REVISION");

    /// <summary>The volume that every pod gets for its token.</summary>
    [GeneratedRegex("(kube-api-access-)[a-z0-9]{5}")]
    private static partial Regex TokenVolumes();

    /// <summary>A whole text that is an age, as a table's cell.</summary>
    [GeneratedRegex("^\\d+[smh]$")]
    private static partial Regex Ages();

    /// <summary>Where a text, not a field, tells a revision.</summary>
    [GeneratedRegex("(current: |in object meta: |in record \\(|resourceVersion: \"|resourceVersion\\\\\":\\\\\")\\d+")]
    private static partial Regex Revisions();

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")]
    private static partial Regex Uids();

    [GeneratedRegex(@"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")]
    private static partial Regex Times();
}
