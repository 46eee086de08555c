using System.IO.Compression;
using System.Text;

namespace OrleansOrchestrator.Gateway.OpenApi;

/// <summary>The descriptions of types and properties from the Kubernetes API reference, as the models' package contains them.</summary>
/// <remarks>
/// The build extracts the texts from the package's XML documentation (<c>ModelDescriptions.xslt</c>). They are loaded when documents
/// are made and released afterwards, because 3 MB would be held for a rare request.
/// </remarks>
internal sealed class ModelDescriptions
{
    private const string Resource = "ModelDescriptions.zip";
    private const char LineBreak = '\u2028';
    private const char TextEnd = '\u2029';
    private static readonly WeakReference<ModelDescriptions?> Loaded = new(null);

    private readonly Dictionary<string, string> _texts;

    private ModelDescriptions(Dictionary<string, string> texts) => _texts = texts;

    /// <summary>All texts; loads them if they have been released.</summary>
    public static ModelDescriptions Load()
    {
        if (Loaded.TryGetTarget(out var loaded))
            return loaded;
        loaded = new ModelDescriptions(ReadTexts());
        Loaded.SetTarget(loaded);
        return loaded;
    }

    /// <summary>The description of a type; empty if there is none.</summary>
    public string Of(Type type) => Find(type.Name);

    /// <summary>The description of a property; empty if there is none.</summary>
    public string Of(Type type, string property) => Find($"{type.Name}.{property}");

    private string Find(string member) => _texts.TryGetValue(member, out var text) ? Unwrap(text) : "";

    private static Dictionary<string, string> ReadTexts()
    {
        using var resource = typeof(ModelDescriptions).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"the assembly was built without {Resource}");
        using var archive = new ZipArchive(resource);
        using var reader = new StreamReader(archive.Entries[0].Open(), Encoding.UTF8);
        var all = reader.ReadToEnd();
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var range in all.AsSpan().Split(TextEnd))
        {
            var line = all.AsSpan(range);
            var end = line.IndexOf('=');
            if (end > 0)
                texts[line[..end].ToString()] = line[(end + 1)..].ToString();
        }

        return texts;
    }

    /// <summary>Joins wrapped lines; keeps paragraphs and lists.</summary>
    private static string Unwrap(string text)
    {
        var result = new StringBuilder(text.Length);
        var startsParagraph = false;
        foreach (var range in text.AsSpan().Split(LineBreak))
        {
            var line = text.AsSpan(range).Trim();
            if (line.IsEmpty)
            {
                startsParagraph = result.Length > 0;
                continue;
            }

            if (startsParagraph)
                result.Append("\n\n");
            else if (result.Length > 0)
                result.Append(line[0] is '-' or '*' ? '\n' : ' ');
            result.Append(line);
            startsParagraph = false;
        }

        return result.ToString();
    }
}
