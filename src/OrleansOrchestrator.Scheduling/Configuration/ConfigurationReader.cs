using System.Globalization;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Scheduling.Configuration;

/// <summary>
/// Reads the fields of one configuration object. It collects all faults with their paths: values of a wrong type or out of range, and
/// in the end the unknown fields.
/// </summary>
internal sealed class ConfigurationReader
{
    private readonly ConfigurationTree _tree;
    private readonly FieldPath? _path;
    private readonly FieldErrors _errors;
    private readonly HashSet<string> _known;

    /// <summary>Reads an object.</summary>
    /// <param name="tree">The object.</param>
    /// <param name="path">Its path; null for the root.</param>
    /// <param name="errors">Receives the faults.</param>
    /// <param name="ignored">Fields that are allowed and ignored.</param>
    public ConfigurationReader(ConfigurationTree tree, FieldPath? path, FieldErrors errors, params IEnumerable<string> ignored)
    {
        _tree = tree;
        _path = path;
        _errors = errors;
        _known = new HashSet<string>(ignored, StringComparer.OrdinalIgnoreCase);
        if (path is not null && tree.Text is { Length: > 0 } text)
            errors.Invalid(path, text, "must be an object");
    }

    /// <summary>An object without any field.</summary>
    public static ConfigurationReader Empty => new([], null, new FieldErrors());

    /// <summary>The path of a field.</summary>
    public FieldPath At(string name) => _path?.Child(name) ?? FieldPath.Root(name);

    /// <summary>A text; the fallback if the field is missing.</summary>
    public string Text(string name, string fallback) => Value(name) ?? fallback;

    /// <summary>One of the given words.</summary>
    public string Word(string name, string fallback, params IReadOnlyList<string> words)
    {
        var text = Text(name, fallback);
        if (words.Contains(text, StringComparer.Ordinal))
            return text;
        _errors.NotSupported(At(name), text, words);
        return fallback;
    }

    /// <summary>A whole number within a range.</summary>
    public int Number(string name, int fallback, int least, int most)
    {
        if (Value(name) is not { } text)
            return fallback;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
            return number;
        _errors.Invalid(At(name), text, string.Create(CultureInfo.InvariantCulture, $"must be a whole number between {least} and {most}"));
        return fallback;
    }

    /// <summary>True or false.</summary>
    public bool Flag(string name, bool fallback)
    {
        if (Value(name) is not { } text)
            return fallback;
        if (bool.TryParse(text, out var flag))
            return flag;
        _errors.Invalid(At(name), text, "must be true or false");
        return fallback;
    }

    /// <summary>An object; empty if the field is missing.</summary>
    public ConfigurationReader Object(string name) => new(Tree(name) ?? [], At(name), _errors);

    /// <summary>An object unparsed; empty if the field is missing.</summary>
    public ConfigurationTree Raw(string name) => Tree(name) ?? [];

    /// <summary>Whether a field is present.</summary>
    public bool Has(string name) => _tree.ContainsKey(name);

    /// <summary>The names of the present fields.</summary>
    public IEnumerable<string> Names => _tree.Keys;

    /// <summary>A list of objects, each checked for unknown fields; the fallback if the field is missing.</summary>
    public IReadOnlyList<T> List<T>(string name, Func<ConfigurationReader, T> read, IReadOnlyList<T> fallback) => Items(name, fallback, item =>
    {
        var reader = new ConfigurationReader(item.Tree, item.Path, _errors);
        var value = read(reader);
        reader.RefuseOthers();
        return value;
    });

    /// <summary>A list of texts; empty if the field is missing.</summary>
    public IReadOnlyList<string> Texts(string name) => Items<string>(name, [], item => item.Tree.Text ?? "");

    /// <summary>Reports a wrong value.</summary>
    public void Refuse(string name, object? value, string detail) => _errors.Invalid(At(name), value, detail);

    /// <summary>Ends the object: fields that were not read are faults.</summary>
    public void RefuseOthers()
    {
        foreach (var name in _tree.Keys.Where(name => !_known.Contains(name)))
            _errors.Forbidden(At(name), "unknown field");
    }

    private IReadOnlyList<T> Items<T>(string name, IReadOnlyList<T> fallback, Func<(ConfigurationTree Tree, FieldPath Path), T> read)
    {
        if (Tree(name) is not { } list)
            return fallback;
        if (list.Text is { Length: > 0 } text)
            _errors.Invalid(At(name), text, "must be a list");
        if (!list.Keys.All(key => int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out _)))
        {
            _errors.Invalid(At(name), FieldError.Omitted, "must be a list");
            return fallback;
        }

        return [.. list.OrderBy(item => int.Parse(item.Key, CultureInfo.InvariantCulture)).Select((item, i) => read((item.Value, At(name).Index(i))))];
    }

    private string? Value(string name)
    {
        if (Tree(name) is not { } tree)
            return null;
        if (tree.Count == 0)
            return tree.Text;
        _errors.Invalid(At(name), FieldError.Omitted, "must be a single value");
        return null;
    }

    private ConfigurationTree? Tree(string name)
    {
        _known.Add(name);
        return _tree.GetValueOrDefault(name);
    }
}
