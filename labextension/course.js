// An extension of JupyterLab, as a browser loads it: no build step, and nothing to import.

const SECONDS = 2;

// JupyterLab shows a file as it was when it was opened. The course home is to show what has passed.
const home = {
  id: "convnets-course:home",
  description: "Shows the course home as it is on disk.",
  autoStart: true,
  activate: ({ docRegistry, serviceManager }) => {
    const follow = (widget, context) => {
      if (!/(^|\/)home\.md$/.test(context.path)) return;
      const look = async () => {
        if (document.hidden || !widget.isVisible || context.model.dirty) return;
        const found = await serviceManager.contents.get(context.path, { content: false });
        if (found.last_modified !== context.contentsModel.last_modified) await context.revert();
      };
      // A server that does not answer, or a page that is gone, is none of the home's business.
      const timer = setInterval(() => look().catch(() => {}), 1000 * SECONDS);
      widget.disposed.connect(() => clearInterval(timer));
    };
    docRegistry.addWidgetExtension("Markdown Preview", { createNew: follow });
  },
};

// JupyterLab writes the kernel's version of Python into a notebook that it opens, and would call the
// notebook changed for it.
const unchanged = {
  id: "convnets-course:unchanged",
  description: "Calls a notebook changed when its reader has changed it.",
  autoStart: true,
  activate: ({ docRegistry }) => {
    const watch = (panel, { model }) => {
      model.metadataChanged.connect((_, { key }) => {
        const byKernel = key === "language_info" || key === "kernelspec";
        // This signal comes before the model is marked.
        if (byKernel && !model.dirty) queueMicrotask(() => (model.dirty = false));
      });
    };
    docRegistry.addWidgetExtension("Notebook", { createNew: watch });
  },
};

// The form that webpack's module federation gives an extension.
window._JUPYTERLAB = window._JUPYTERLAB || {};
window._JUPYTERLAB["convnets-course"] = {
  init: () => {},
  get: async () => () => ({ __esModule: true, default: [home, unchanged] }),
};
