using System.Text;

namespace OrleansOrchestrator.Documents.FieldSchemas;

/// <summary>A key member of a list's elements.</summary>
/// <param name="Name">The member.</param>
/// <param name="Default">The value of an element without the member, as JSON; null if it is required.</param>
public sealed record ListKey(string Name, string? Default = null)
{
    internal byte[] Utf8Name { get; } = Encoding.UTF8.GetBytes(Name);

    /// <summary>The name as JSON with the colon, as in a path element.</summary>
    internal byte[] Label { get; } = Encoding.UTF8.GetBytes($"\"{Name}\":");

    internal byte[]? Utf8Default { get; } = Default is null ? null : Encoding.UTF8.GetBytes(Default);
}
