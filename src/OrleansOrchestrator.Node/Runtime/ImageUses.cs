using OrleansOrchestrator.Node.Linux;
using System.Collections.Concurrent;
using System.Text.Json;

namespace OrleansOrchestrator.Node.Runtime;

/// <summary>When pods of this node last used an image, by the image's id. Kept in a file, so that a later daemon knows which images are
/// its own to remove. Thread-safe.</summary>
internal sealed class ImageUses
{
    // A file that is this much too old only makes an image look unused for longer.
    private static readonly TimeSpan SavedEvery = TimeSpan.FromMinutes(1);

    private readonly string _dataDirectory;
    private readonly string _file;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, DateTimeOffset> _uses;
    private readonly Lock _gate = new();
    private volatile bool _isSaved = true;

    /// <param name="dataDirectory">The daemon's folder.</param>
    /// <param name="time">The clock of the uses.</param>
    public ImageUses(string dataDirectory, TimeProvider time)
    {
        (_dataDirectory, _file, _time) = (dataDirectory, Path.Combine(dataDirectory, "images"), time);
        _uses = new(Load(_file), StringComparer.Ordinal);
    }

    /// <summary>The ids of images that volumes of pods show now.</summary>
    public HashSet<string> FindShown() => ShownImages.Find(_dataDirectory);

    /// <summary>When an image was last used; null if no pod of this node has used it.</summary>
    public DateTimeOffset? Of(string imageId) => _uses.TryGetValue(imageId, out var at) ? at : null;

    /// <summary>Records a use.</summary>
    public void Note(string imageId)
    {
        var now = _time.GetUtcNow();
        var isKnown = _uses.TryGetValue(imageId, out var before);
        _uses[imageId] = now;
        if (!isKnown || !_isSaved || (now - before).Duration() > SavedEvery)
            Save();
    }

    /// <summary>Brings the records up to date with a list of the images that are there.</summary>
    /// <param name="present">The ids of the images that were found.</param>
    /// <param name="inContainers">Those of which there are containers.</param>
    /// <param name="since">When the search began.</param>
    /// <returns>The ids of the images in use: by containers, or shown by volumes.</returns>
    public IReadOnlySet<string> Update(IEnumerable<string> present, IReadOnlySet<string> inContainers, DateTimeOffset since)
    {
        var found = present.ToHashSet(StringComparer.Ordinal);
        Keep(found, since);
        var used = FindShown();
        used.UnionWith(inContainers);
        foreach (var image in found.Where(image => used.Contains(image) && Of(image) is not null))
            Note(image);
        return used;
    }

    /// <summary>Forgets images that are not there any more.</summary>
    /// <param name="present">The images that were found.</param>
    /// <param name="since">When the search began. What was used since may have come during the search, and stays.</param>
    public void Keep(IReadOnlySet<string> present, DateTimeOffset since)
    {
        var gone = _uses.Where(use => !present.Contains(use.Key) && use.Value < since).ToList();
        foreach (var use in gone)
            _uses.TryRemove(use);
        if (gone.Count > 0)
            Save();
    }

    private void Save()
    {
        lock (_gate)
        {
            try
            {
                WholeFile.Write(_file, JsonSerializer.SerializeToUtf8Bytes(_uses));
                _isSaved = true;
            }
            catch (IOException)
            {
                // The disk may be full. A container starts all the same; an image whose use is not recorded stays.
                _isSaved = false;
            }
        }
    }

    private static Dictionary<string, DateTimeOffset> Load(string file)
    {
        try
        {
            return File.Exists(file) ? JsonSerializer.Deserialize<Dictionary<string, DateTimeOffset>>(File.ReadAllBytes(file)) ?? [] : [];
        }
        catch (JsonException)
        {
            // Images without a record stay.
            return [];
        }
    }
}
