using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace OrleansOrchestrator.Documents.Yaml;

/// <summary>Writes JSON as YAML in the style of <c>kubectl get -o yaml</c>: sorted keys, lists level with their key.</summary>
internal sealed class YamlWriter(TextWriter output)
{
    private readonly Emitter _emitter = new(output, EmitterSettings.Default.WithBestWidth(int.MaxValue).WithMaxSimpleKeyLength(int.MaxValue).WithNewLine("\n"));

    public void Write(JsonElement document)
    {
        _emitter.Emit(new StreamStart());
        _emitter.Emit(new DocumentStart(null, null, isImplicit: true));
        WriteNode(document);
        _emitter.Emit(new DocumentEnd(isImplicit: true));
        _emitter.Emit(new StreamEnd());
    }

    private void WriteNode(JsonElement node)
    {
        switch (node.ValueKind)
        {
            case JsonValueKind.Object:
                var members = node.EnumerateObject().OrderBy(member => member.Name, YamlKeyOrder.Instance).ToList();
                _emitter.Emit(new MappingStart(AnchorName.Empty, TagName.Empty, true, members.Count == 0 ? MappingStyle.Flow : MappingStyle.Block));
                foreach (var member in members)
                {
                    WriteKey(member.Name);
                    WriteNode(member.Value);
                }

                _emitter.Emit(new MappingEnd());
                break;
            case JsonValueKind.Array:
                _emitter.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, true, node.GetArrayLength() == 0 ? SequenceStyle.Flow : SequenceStyle.Block));
                foreach (var element in node.EnumerateArray())
                    WriteNode(element);
                _emitter.Emit(new SequenceEnd());
                break;
            case JsonValueKind.String:
                WriteText(node.GetString()!);
                break;
            default:
                WriteScalar(node.GetRawText(), ScalarStyle.Plain);
                break;
        }
    }

    // Parsers like the one used here take a word with an asterisk in a key for an alias, colon included.
    private void WriteKey(string key)
    {
        var style = StyleOf(key);
        WriteScalar(key, style == ScalarStyle.Plain && key.Contains(" *", StringComparison.Ordinal) ? ScalarStyle.SingleQuoted : style);
    }

    private void WriteText(string text) => WriteScalar(text, StyleOf(text));

    // The emitter quotes plain text that would read as YAML, but not tabs and other invisible characters.
    private static ScalarStyle StyleOf(string text)
    {
        if (YamlScalar.NeedsQuotes(text) || char.IsWhiteSpace(text[0]) || text.Any(c => c != '\n' && !IsPrintable(c)))
            return ScalarStyle.DoubleQuoted;
        if (text.Contains('\n', StringComparison.Ordinal))
            return ScalarStyle.Literal;
        return char.IsWhiteSpace(text[^1]) ? ScalarStyle.DoubleQuoted : ScalarStyle.Plain;
    }

    private static bool IsPrintable(char c) => !char.IsControl(c) && c is not ('\u2028' or '\u2029' or '\uFEFF');

    private void WriteScalar(string text, ScalarStyle style) =>
        _emitter.Emit(new Scalar(AnchorName.Empty, TagName.Empty, text, style, isPlainImplicit: true, isQuotedImplicit: true));
}
