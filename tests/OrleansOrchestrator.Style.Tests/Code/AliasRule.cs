using System.Text.RegularExpressions;
using OrleansOrchestrator.Style.Tests.Tree;

namespace OrleansOrchestrator.Style.Tests.Code;

/// <summary>
/// What crosses silos is named by an alias of its own, so that silos of two versions understand each other after a type has
/// been renamed or moved: grain interfaces and serialised types.
/// </summary>
internal static partial class AliasRule
{
    public static IEnumerable<Finding> Find(SourceFile file)
    {
        foreach (Match type in SerializedType().Matches(file.Code))
        {
            if (!Alias().IsMatch(type.Groups["attributes"].Value))
                yield return new Finding(file.At(type.Groups["name"].Index), $"serialised type {type.Groups["name"].Value} without [Alias]");
        }

        foreach (Match type in GrainInterface().Matches(file.Code))
        {
            if (!Alias().IsMatch(type.Groups["attributes"].Value))
                yield return new Finding(file.At(type.Groups["name"].Index), $"grain interface {type.Groups["name"].Value} without [Alias]");
        }
    }

    // The scanner blanks strings, so an alias reads [Alias(   )].
    [GeneratedRegex(@"\bAlias\(")]
    private static partial Regex Alias();

    [GeneratedRegex(@"(?<attributes>(\[[^\]]*\]\s*)*\[[^\]]*\bGenerateSerializer\b[^\]]*\]\s*(\[[^\]]*\]\s*)*)[\w\s]*?\b(class|struct|record|enum)(\s+(struct|class))?\s+(?<name>\w+)")]
    private static partial Regex SerializedType();

    [GeneratedRegex(@"(?<attributes>(\[[^\]]*\]\s*)*)[\w\s]*?\binterface\s+(?<name>\w+)\s*:[^{;]*\b(IGrainWith\w+Key|IGrainObserver|IGrainExtension|IAddressable|I\w+Grain)\b")]
    private static partial Regex GrainInterface();
}
