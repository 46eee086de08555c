namespace OrleansOrchestrator.Documents.FieldSets;

/// <summary>Union, intersection and difference of sets of paths. Returns an operand itself if the result equals it.</summary>
internal static class FieldSetAlgebra
{
    public static FieldSet Union(FieldSet left, FieldSet right)
    {
        if (right.IsEmpty || ReferenceEquals(left, right))
            return left;
        if (left.IsEmpty)
            return right;
        var builder = default(FieldSetBuilder);
        var leftEntries = left.Entries;
        var rightEntries = right.Entries;
        var (l, r) = (0, 0);
        while (l < leftEntries.Length || r < rightEntries.Length)
        {
            var order = Order(leftEntries, l, rightEntries, r);
            var (mine, other) = (order <= 0 ? leftEntries[l++] : default, order >= 0 ? rightEntries[r++] : default);
            builder.Add(
                mine.Element ?? other.Element, mine.IsMember || other.IsMember,
                Union(mine.Children ?? FieldSet.Empty, other.Children ?? FieldSet.Empty));
        }

        return Same(builder.Build(), left);
    }

    public static FieldSet Intersection(FieldSet left, FieldSet right)
    {
        if (left.IsEmpty || right.IsEmpty)
            return FieldSet.Empty;
        if (ReferenceEquals(left, right))
            return left;
        var builder = default(FieldSetBuilder);
        var leftEntries = left.Entries;
        var rightEntries = right.Entries;
        var (l, r) = (0, 0);
        while (l < leftEntries.Length && r < rightEntries.Length)
        {
            switch (Order(leftEntries, l, rightEntries, r))
            {
                case 0:
                    var (mine, other) = (leftEntries[l++], rightEntries[r++]);
                    builder.Add(mine.Element, mine.IsMember && other.IsMember, Intersection(mine.Children, other.Children));
                    break;
                case < 0:
                    l++;
                    break;
                default:
                    r++;
                    break;
            }
        }

        return Same(builder.Build(), left);
    }

    public static FieldSet Difference(FieldSet left, FieldSet right)
    {
        if (left.IsEmpty || right.IsEmpty)
            return left;
        if (ReferenceEquals(left, right))
            return FieldSet.Empty;
        var builder = default(FieldSetBuilder);
        var leftEntries = left.Entries;
        var rightEntries = right.Entries;
        var r = 0;
        foreach (var mine in leftEntries)
        {
            while (r < rightEntries.Length && string.CompareOrdinal(rightEntries[r].Element, mine.Element) < 0)
                r++;
            if (r < rightEntries.Length && rightEntries[r].Element == mine.Element)
                builder.Add(mine.Element, mine.IsMember && !rightEntries[r].IsMember, Difference(mine.Children, rightEntries[r].Children));
            else
                builder.Add(mine.Element, mine.IsMember, mine.Children);
        }

        return Same(builder.Build(), left);
    }

    private static FieldSet Same(FieldSet result, FieldSet operand) => result.Equals(operand) ? operand : result;

    private static int Order(ReadOnlySpan<FieldSetEntry> left, int l, ReadOnlySpan<FieldSetEntry> right, int r)
    {
        if (l == left.Length)
            return 1;
        return r == right.Length ? -1 : string.CompareOrdinal(left[l].Element, right[r].Element);
    }
}
