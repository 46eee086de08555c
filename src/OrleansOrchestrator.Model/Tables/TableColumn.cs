using System.Globalization;

namespace OrleansOrchestrator.Model.Tables;

/// <summary>A column of a kind's table, for <c>kubectl get</c>.</summary>
/// <param name="Name">The heading; kubectl prints it in capitals.</param>
/// <param name="Type">The OpenAPI type of its cells: string, integer, …</param>
/// <param name="Priority">0 is always shown, 1 only in wide output.</param>
/// <param name="Format">The OpenAPI format; <c>name</c> marks the name column.</param>
/// <param name="Description">The description.</param>
/// <param name="Value">Computes the cell of an object at a moment.</param>
public sealed record TableColumn(
    string Name, string Type, int Priority, string Format, string Description, Func<KubeObject, DateTimeOffset, object?> Value);

/// <summary>A column over a typed object.</summary>
/// <param name="Heading">The heading.</param>
/// <param name="Value">Computes the cell of an object at a moment.</param>
/// <param name="Type">The OpenAPI type of its cells.</param>
/// <param name="Priority">0 is always shown, 1 only in wide output.</param>
/// <param name="Format">The OpenAPI format.</param>
/// <param name="Description">The description.</param>
/// <typeparam name="T">The kind's model.</typeparam>
public sealed record TableColumn<T>(
    string Heading, Func<T, DateTimeOffset, object?> Value, string Type = "string", int Priority = 0, string Format = "", string Description = "")
    where T : class, KubeObject
{
    /// <summary>The object's name.</summary>
    public static TableColumn<T> Name { get; } = new("Name", (obj, _) => obj.Metadata.Name, Format: "name",
        Description: "Name must be unique within a namespace.");

    /// <summary>How long ago it was created.</summary>
    public static TableColumn<T> Age { get; } = new("Age", (obj, now) => HumanDuration.Since(obj.Metadata.CreationTimestamp, now),
        Description: "The time since the object was created.");

    /// <summary>When it was created, for kinds with only this column in Kubernetes.</summary>
    public static TableColumn<T> CreatedAt { get; } = new(
        "Created At",
        (obj, _) => obj.Metadata.CreationTimestamp is { } time ? time.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) : "<unknown>",
        "date",
        Description: "The time at which the object was created.");

    /// <summary>Creates a column that does not depend on the time.</summary>
    public static TableColumn<T> Of(string heading, Func<T, object?> value, string type = "string", int priority = 0) =>
        new(heading, (obj, _) => value(obj), type, priority);

    /// <summary>The column over any object.</summary>
    public TableColumn Untyped() => new(Heading, Type, Priority, Format, Description, (obj, now) => Value((T)obj, now));
}
