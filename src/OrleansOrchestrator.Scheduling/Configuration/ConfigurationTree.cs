using System.ComponentModel;
using System.Globalization;

namespace OrleansOrchestrator.Scheduling.Configuration;

/// <summary>
/// A configuration value as written: a text, or other values by name; the names in a list are its indexes. It can be bound from any
/// source of configuration before the meaning of its values is known.
/// </summary>
[TypeConverter(typeof(TextConverter))]
public sealed class ConfigurationTree : Dictionary<string, ConfigurationTree>
{
    /// <summary>An empty value.</summary>
    public ConfigurationTree()
        : base(StringComparer.OrdinalIgnoreCase)
    {
    }

    /// <summary>A text.</summary>
    public ConfigurationTree(string text)
        : this() => Text = text;

    /// <summary>The text; null for other values.</summary>
    public string? Text { get; }

    /// <inheritdoc/>
    public override string ToString() => Text ?? $"{Count} values";

    private sealed class TextConverter : TypeConverter
    {
        public override bool CanConvertFrom(ITypeDescriptorContext? context, Type sourceType) => sourceType == typeof(string);

        public override object ConvertFrom(ITypeDescriptorContext? context, CultureInfo? culture, object value) => new ConfigurationTree((string)value);
    }
}
