using System.Text;

namespace OrleansOrchestrator.Documents.FieldSchemas;

/// <summary>One of the members by which the elements of a list are told apart.</summary>
/// <param name="Name">The member.</param>
/// <param name="Default">What an element without the member counts as, as JSON; null if it must have it.</param>
public sealed record ListKey(string Name, string? Default = null)
{
    internal byte[] Utf8Name { get; } = Encoding.UTF8.GetBytes(Name);

    /// <summary>The name as JSON with the colon, as it stands in a path element.</summary>
    internal byte[] Label { get; } = Encoding.UTF8.GetBytes($"\"{Name}\":");

    internal byte[]? Utf8Default { get; } = Default is null ? null : Encoding.UTF8.GetBytes(Default);
}
