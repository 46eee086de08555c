using k8s.Models;
using OrleansOrchestrator.Documents.FieldSets;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Documents.FieldManagement;

/// <summary>The fields that an apply would take from other managers.</summary>
internal sealed class ApplyConflicts
{
    private readonly List<(ManagedEntry Manager, FieldSet Fields)> _conflicts = [];

    public bool IsEmpty => _conflicts.Count == 0;

    /// <summary>The conflicts of a change with the managers.</summary>
    public static ApplyConflicts Of(ManagedFields managed, ManagedEntry applier, VersionedDifferences differences)
    {
        var conflicts = new ApplyConflicts();
        foreach (var entry in managed.Entries)
        {
            if (!entry.IsSameManager(applier) && differences.In(entry.ApiVersion) is { } difference)
                conflicts.Add(entry, entry.Fields.Intersection(difference.Changed));
        }

        return conflicts;
    }

    /// <summary>The remaining conflicts when some fields may be taken.</summary>
    public ApplyConflicts Without(FieldSet allowed)
    {
        var conflicts = new ApplyConflicts();
        foreach (var (manager, fields) in _conflicts)
            conflicts.Add(manager, fields.Difference(allowed));
        return conflicts;
    }

    /// <summary>The error, in the words that kubectl looks for.</summary>
    public ApiException ToException()
    {
        var all = _conflicts
            .OrderBy(conflict => conflict.Manager.Display, StringComparer.Ordinal)
            .SelectMany(conflict => conflict.Fields.Paths().Select(path => (Manager: conflict.Manager.Display, Path: path)))
            .ToList();
        return new ApiException(new V1Status
        {
            ApiVersion = "v1",
            Kind = "Status",
            Metadata = new V1ListMeta(),
            Status = "Failure",
            Message = Message(all),
            Reason = "Conflict",
            Details = new V1StatusDetails
            {
                Causes = [.. all.Select(conflict => new V1StatusCause
                {
                    Reason = "FieldManagerConflict",
                    Message = $"conflict with {conflict.Manager}",
                    Field = conflict.Path,
                })],
            },
            Code = 409,
        });
    }

    private static string Message(List<(string Manager, string Path)> all)
    {
        if (all.Count == 1)
            return $"Apply failed with 1 conflict: conflict with {all[0].Manager}: {all[0].Path}";
        var lines = all.GroupBy(conflict => conflict.Manager, StringComparer.Ordinal)
            .SelectMany(group => group.Select(conflict => $"- {conflict.Path}").Prepend($"conflicts with {group.Key}:"));
        return $"Apply failed with {all.Count} conflicts: {string.Join("\n", lines)}";
    }

    private void Add(ManagedEntry manager, FieldSet fields)
    {
        if (!fields.IsEmpty)
            _conflicts.Add((manager, fields));
    }
}
