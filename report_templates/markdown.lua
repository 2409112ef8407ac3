-- What prose may hold: no images (figures come by lookup), links only into the report or to the web,
-- and formulas that carry their LaTeX as alternative text in the PDF.

function Image(image)
  error("an image (" .. image.src .. ") in the prose; use figure(...)")
end

function Link(link)
  if link.target:match("^https?://") then
    link.attributes.rel = "noreferrer"
    return link
  elseif not link.target:match("^#") then
    error("a link to " .. link.target .. "; link to #an-id or to http(s)")
  end
end

function Math(math)
  if FORMAT ~= "typst" then
    return nil
  end
  local typst = pandoc.write(pandoc.Pandoc({ pandoc.Plain({ math }) }), "typst"):gsub("%s+$", "")
  typst = typst:gsub("%.circle%f[%W]", ".o"):gsub("%f[%w]sect%f[%W]", "inter")
  local alt = math.text:gsub("\\", "\\\\"):gsub('"', '\\"')
  local block = tostring(math.mathtype == "DisplayMath")
  return pandoc.RawInline("typst", "#math.equation(alt: \"" .. alt .. "\", block: " .. block .. ", " .. typst .. ")")
end
